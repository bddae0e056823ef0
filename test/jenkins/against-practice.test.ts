import { expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import type { Jenkins, NodeSpec } from '../../jenkins/jenkins.ts'
import { type PracticeController, startPracticeController } from '../../jenkins/practice/controller.ts'

const spec: NodeSpec = {
  name: 'ann 1',
  description: 'lent by ann',
  labels: ['linux', '2CPU2G', 'two words'],
  remoteFs: '/home/jenkins/agent',
  executors: 1,
  mode: 'exclusive',
  webSocket: true,
  env: { A: 'b' },
}

async function practice(): Promise<{ jenkins: Jenkins; controller: PracticeController; restarts: string[] }> {
  const controller = await startPracticeController({ contextPath: '/ci', restartMs: 300 })
  onTestFinished(() => controller.stop())
  const restarts: string[] = []
  const jenkins = connectJenkins({
    url: controller.url,
    user: controller.user,
    token: new Secret(controller.token),
    env: {},
    timeoutMs: 5000,
    onRestart: (seen) => restarts.push(seen.session),
  })
  return { jenkins, controller, restarts }
}

test('client and practice controller agree about the life of a node', async () => {
  const { jenkins } = await practice()
  expect(await jenkins.whoAmI()).toMatchObject({ anonymous: false })
  expect(await jenkins.root()).toMatchObject({ quietingDown: false, rootUrl: jenkins.url })
  expect(await jenkins.canCreateNodes()).toEqual({ allowed: true, permission: undefined })

  await jenkins.createNode(spec)
  await expect(jenkins.createNode(spec)).rejects.toMatchObject({ failure: 'conflict' })
  expect(await jenkins.node('ann 1')).toMatchObject({
    name: 'ann 1',
    description: 'lent by ann',
    offline: true,
    connected: false,
    executors: 1,
    inbound: true,
  })
  expect((await jenkins.node('ann 1'))?.labels.toSorted()).toEqual(['2CPU2G', 'linux', 'two words'])

  await jenkins.updateNode('ann 1', { labels: ['4CPU8G'], description: 'a & b' })
  await jenkins.markOffline('ann 1', 'footman: on battery')
  await jenkins.updateNode('ann 1', { mode: 'normal' })
  expect((await jenkins.nodes()).find((node) => node.name === 'ann 1')).toMatchObject({
    labels: ['4CPU8G'],
    description: 'a & b',
    temporarilyOffline: true,
    offlineReason: 'footman: on battery',
    offlineCauseKind: 'hudson.slaves.OfflineCause$UserCause',
  })
  await jenkins.clearOffline('ann 1')
  expect(await jenkins.node('ann 1')).toMatchObject({ temporarilyOffline: false })

  const secret = await jenkins.inboundSecret('ann 1')
  expect(await jenkins.probeWebSocket('ann 1', secret)).toBe('accepted')
  expect(await jenkins.probeWebSocket('ann 1', new Secret('0'.repeat(64)))).toBe('wrong-secret')
  expect(await jenkins.probeWebSocket('nobody', secret)).toBe('unknown-node')
  expect(await jenkins.agentListener()).toMatchObject({ hasIdentity: true })
  expect((await jenkins.agentJar()).length).toBeGreaterThan(100)
  expect(await jenkins.nodeLog('ann 1')).toBe('')

  await jenkins.disconnect('ann 1', 'not connected anyway')
  await jenkins.deleteNode('ann 1')
  await jenkins.deleteNode('ann 1')
  expect(await jenkins.node('ann 1')).toBeUndefined()
})

test('client and practice controller agree about jobs, the queue and a restart', async () => {
  const { jenkins, restarts } = await practice()
  const xml = '<project><assignedNode>2CPU2G</assignedNode><canRoam>false</canRoam><builders/></project>'
  await jenkins.createJob('app', xml)
  await expect(jenkins.createJob('app', xml)).rejects.toMatchObject({ failure: 'conflict' })

  const id = await jenkins.build('app')
  expect(await jenkins.queue()).toMatchObject([
    { id, kind: 'BuildableItem', task: { name: 'app', labelExpression: '2CPU2G' } },
  ])
  expect(await jenkins.queueItem(id)).toMatchObject({ cancelled: false, build: undefined })
  await jenkins.cancelQueueItem(id)
  await jenkins.cancelQueueItem(id)
  expect(await jenkins.queueItem(id)).toMatchObject({ cancelled: true })
  await expect(jenkins.buildState('app', 1)).rejects.toMatchObject({ failure: 'not-found' })

  await jenkins.quietDown('soon')
  expect(await jenkins.root()).toMatchObject({ quietingDown: true })
  await jenkins.cancelQuietDown()

  await jenkins.restart()
  const failures = new Set<string>()
  await expect
    .poll(
      async () => {
        const outcome = await jenkins.root().catch((error) => error.failure)
        if (typeof outcome === 'string') failures.add(outcome)
        return restarts.length
      },
      { timeout: 5000, interval: 10 },
    )
    .toBe(1)
  expect(failures).toContain('booting')
  expect(failures).not.toContain('unauthenticated')
  await jenkins.deleteJob('app')
  await jenkins.deleteJob('app')
})
