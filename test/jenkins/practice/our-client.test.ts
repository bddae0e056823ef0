import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Secret } from '../../../core/secret.ts'
import { connectJenkins } from '../../../jenkins/connect.ts'
import type { Jenkins, NodeSpec } from '../../../jenkins/jenkins.ts'
import { type PracticeController, startPracticeController } from '../../../jenkins/practice/controller.ts'
import { freestyleJob, pipelineJob } from '../../support/job-xml.ts'
import { connectAgent } from './fake-link.ts'

/** Every call of footman's own client finds in the practice controller what it finds in Jenkins. */
describe.each([
  ['with a token', 'TOKEN'],
  ['with a password and a crumb', 'PASSWORD'],
])('our client and the practice controller, %s', (_, secret) => {
  let controller: PracticeController
  let jenkins: Jenkins
  beforeEach(async () => {
    const users = [{ name: 'ann', token: 'TOKEN', password: 'PASSWORD' }]
    controller = await startPracticeController({ users, contextPath: '/ci', restartMs: 60 })
    jenkins = connectJenkins({ url: controller.url, user: 'ann', token: new Secret(secret) })
  })
  afterEach(() => controller.stop())

  test('knows who it is and where', async () => {
    expect(await jenkins.whoAmI()).toMatchObject({ name: 'ann', anonymous: false })
    expect(await jenkins.root()).toMatchObject({
      version: '2.498',
      agentPort: controller.agentPort,
      rootUrl: controller.url,
    })
    expect(await jenkins.canCreateNodes()).toMatchObject({ allowed: true })
    expect(await jenkins.agentListener()).toMatchObject({ port: controller.agentPort, hasIdentity: true })
    expect((await jenkins.agentJar()).length).toBeGreaterThan(1000)
  })

  test('leads a node through its life', async () => {
    await jenkins.createNode(laptop)
    const node = await jenkins.inboundSecret('laptop 1')
    expect(await jenkins.probeWebSocket('laptop 1', node)).toBe('accepted')
    expect(await jenkins.probeWebSocket('laptop 1', new Secret('0'.repeat(64)))).toBe('wrong-secret')
    expect(await jenkins.probeWebSocket('nobody', node)).toBe('unknown-node')
    connectAgent(controller, 'laptop 1')
    expect(await jenkins.probeWebSocket('laptop 1', node)).toBe('occupied')
    expect(await jenkins.node('laptop 1')).toMatchObject({
      connected: true,
      offline: false,
      labels: ['linux'],
    })

    await jenkins.markOffline('laptop 1', 'footman: on battery')
    await jenkins.updateNode('laptop 1', { labels: ['4CPU8G', 'two words'], description: 'new' })
    expect(await jenkins.node('laptop 1')).toMatchObject({
      description: 'new',
      temporarilyOffline: true,
      offlineReason: 'footman: on battery',
    })
    await jenkins.clearOffline('laptop 1')
    await jenkins.clearOffline('laptop 1')
    expect(await jenkins.nodeLog('laptop 1')).toMatch('Agent successfully connected and online')
    await jenkins.disconnect('laptop 1', 'footman: making room')
    const [state] = (await jenkins.nodes()).filter(({ name }) => name === 'laptop 1')
    expect(state).toMatchObject({ connected: false, temporarilyOffline: false })
    expect(state?.labels.toSorted()).toEqual(['4CPU8G', 'two words'])

    await jenkins.deleteNode('laptop 1')
    await jenkins.deleteNode('laptop 1')
    expect(await jenkins.node('laptop 1')).toBeUndefined()
  })

  test('refuses a node that is there already as a conflict', async () => {
    await jenkins.createNode(laptop)
    await expect(jenkins.createNode(laptop)).rejects.toMatchObject({ failure: 'conflict' })
  })

  test('queues, follows, cancels and stops builds', async () => {
    await jenkins.createNode(laptop)
    await jenkins.createJob('free', freestyleJob('linux', 'make'))
    await jenkins.createJob('pipe', pipelineJob("node('nobody') { sh 'true' }"))
    const item = await jenkins.build('free')
    await jenkins.build('pipe')
    await expect.poll(() => jenkins.queue()).toHaveLength(2)
    expect(await jenkins.queue()).toMatchObject([
      {
        id: item,
        why: '‘laptop 1’ is offline',
        stuck: true,
        task: { name: 'free', labelExpression: 'linux' },
      },
      { why: 'There are no nodes with the label ‘nobody’', task: { name: 'part of pipe #1' } },
    ])
    const agent = connectAgent(controller, 'laptop 1')
    await expect.poll(() => agent.running()).toBe(1)
    expect(await jenkins.queueItem(item)).toMatchObject({ cancelled: false, build: 1 })
    expect(await jenkins.buildState('free', 1)).toMatchObject({ building: true, builtOn: 'laptop 1' })
    agent.finish(0)
    await expect.poll(async () => (await jenkins.buildState('free', 1)).result).toBe('SUCCESS')
    expect(await jenkins.buildLog('free', 1)).toMatch('Finished: SUCCESS')
    for (const { id } of await jenkins.queue()) await jenkins.cancelQueueItem(id)
    await expect.poll(async () => (await jenkins.buildState('pipe', 1)).result).toBe('ABORTED')
    await jenkins.build('free')
    await expect.poll(() => agent.running()).toBe(1)
    await jenkins.stopBuild('free', 2)
    await expect.poll(async () => (await jenkins.buildState('free', 2)).result).toBe('ABORTED')
    await jenkins.deleteJob('free')
  })

  test('quiets it down and restarts it', async () => {
    await jenkins.quietDown('upgrade at noon')
    expect(await jenkins.root()).toMatchObject({ quietingDown: true })
    await jenkins.cancelQuietDown()
    const { session } = await jenkins.root()
    await jenkins.restart()
    const sessionNow = () => jenkins.root().then((root) => root.session, String)
    await expect.poll(sessionNow).toMatch(/^[0-9a-f]{8}$/)
    expect(await sessionNow()).not.toBe(session)
  })
})

const laptop: NodeSpec = {
  name: 'laptop 1',
  description: 'Ann’s',
  labels: ['linux'],
  remoteFs: '/home/jenkins/agent',
  executors: 1,
  mode: 'exclusive',
  webSocket: true,
  env: { CI: 'true' },
}
