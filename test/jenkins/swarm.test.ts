import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { connectJenkins } from '../../jenkins/connect.ts'
import type { Jenkins, SwarmNodeSpec } from '../../jenkins/jenkins.ts'
import { agentSecret } from '../../jenkins/practice/computers.ts'
import {
  type PracticeController,
  type PracticeOptions,
  startPracticeController,
} from '../../jenkins/practice/controller.ts'
import { chunksOf } from '../../jenkins/swarm.ts'

let controller: PracticeController

afterEach(() => controller?.stop())

async function connect(options: PracticeOptions = {}): Promise<Jenkins> {
  controller = await startPracticeController(options)
  return connectJenkins({ url: controller.url, user: controller.user, token: new Secret(controller.token) })
}

const spec: SwarmNodeSpec = {
  name: 'ann-1',
  description: 'of ann',
  labels: ['linux', '4CPU8G'],
  remoteFs: '/home/jenkins/agent',
  executors: 1,
  mode: 'exclusive',
  replaces: false,
}

const many = Array.from({ length: 150 }, (_, number) => `feature-${1000 + number}`)

describe('a node of the Swarm plugin', () => {
  test('is registered with its labels and the one of the plugin, and its secret comes back', async () => {
    const jenkins = await connect()
    const secret = await jenkins.createSwarmNode(spec)
    expect(secret.reveal()).toBe(agentSecret(controller.state, 'ann-1'))
    expect(await jenkins.node('ann-1')).toMatchObject({
      labels: expect.arrayContaining(['swarm', 'linux', '4CPU8G']),
      description: 'Swarm agent from 127.0.0.1: of ann',
      inbound: true,
    })
    expect(controller.state.computers.get('ann-1')?.config?.mode).toBe('EXCLUSIVE')
  })

  test('takes 1,500 characters of labels in pieces that pass everywhere', async () => {
    const jenkins = await connect()
    expect(many.join(' ').length).toBeGreaterThan(1500)
    await jenkins.createSwarmNode({ ...spec, labels: many })
    expect(await jenkins.swarmLabels('ann-1')).toEqual(['swarm', ...many])
    const asked = controller.requests.latest.filter(({ path }) => path.includes('addSlaveLabels'))
    expect(asked.length).toBe(2)
  })

  test('stays when its agent goes, so that a Pipeline finds it again', async () => {
    const jenkins = await connect()
    await jenkins.createSwarmNode(spec)
    await jenkins.disconnect('ann-1', 'of a test')
    expect(await jenkins.node('ann-1')).toBeDefined()
  })

  test('is gone when the controller restarts, and comes back with the same secret', async () => {
    const jenkins = await connect()
    const before = await jenkins.createSwarmNode(spec)
    await controller.restart({ downMs: 30 })
    expect(await jenkins.node('ann-1')).toBeUndefined()
    expect((await jenkins.createSwarmNode(spec)).reveal()).toBe(before.reveal())
  })

  test('takes the place of another only when it is told to', async () => {
    const jenkins = await connect()
    await jenkins.createSwarmNode(spec)
    await expect(jenkins.createSwarmNode(spec)).rejects.toMatchObject({
      failure: 'conflict',
      message: expect.stringContaining('Agent "ann-1" already exists.'),
      hint: expect.stringContaining('machine.name'),
    })
    await jenkins.createSwarmNode({ ...spec, labels: ['other'], replaces: true })
    expect(await jenkins.swarmLabels('ann-1')).toEqual(['swarm', 'other'])
  })
})

describe('the Swarm plugin', () => {
  test('is found where it is', async () => {
    expect(await (await connect()).hasSwarmPlugin()).toBe(true)
  })

  test('that is missing is told with the cure', async () => {
    const jenkins = await connect({ swarmPlugin: 'missing' })
    expect(await jenkins.hasSwarmPlugin()).toBe(false)
    await expect(jenkins.createSwarmNode(spec)).rejects.toMatchObject({
      failure: 'not-found',
      hint: expect.stringContaining('install the plugin swarm'),
    })
  })

  test('that is too old to hand out secrets is told with the cure', async () => {
    const jenkins = await connect({ swarmPlugin: 'old' })
    expect(await jenkins.hasSwarmPlugin()).toBe(true)
    await expect(jenkins.createSwarmNode(spec)).rejects.toMatchObject({
      message: expect.stringContaining('older than 3.42'),
      hint: expect.stringContaining('update the plugin swarm'),
    })
  })

  test('lets nobody register without the right, and names the right', async () => {
    const jenkins = await connect({
      users: [{ name: 'bob', token: 'TOKEN', permissions: ['hudson.model.Hudson.Read'] }],
    })
    await expect(jenkins.createSwarmNode(spec)).rejects.toMatchObject({
      failure: 'forbidden',
      permission: 'hudson.model.Computer.Create',
    })
  })

  test('is not asked for a node that would vanish, or cannot be', async () => {
    const jenkins = await connect()
    await expect(jenkins.createSwarmNode({ ...spec, executors: 0 })).rejects.toMatchObject({ code: 'user' })
    await expect(jenkins.createSwarmNode({ ...spec, name: 'a/b' })).rejects.toMatchObject({ code: 'user' })
    expect(controller.requests.latest.filter(({ path }) => path.includes('createSlave'))).toEqual([])
  })
})

test('labels in pieces are the same labels, and no piece is too long that could be shorter', () => {
  const label = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,30}$/)
  fc.assert(
    fc.property(fc.array(label), fc.integer({ min: 5, max: 60 }), (labels, longest) => {
      const chunks = chunksOf(labels, longest)
      expect(chunks.flatMap((chunk) => chunk.split(' '))).toEqual(labels)
      for (const chunk of chunks) expect(chunk.length <= longest || !chunk.includes(' ')).toBe(true)
    }),
  )
})
