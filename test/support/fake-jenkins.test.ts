import { expect, test } from 'vitest'
import { RemoteError } from '../../core/errors.ts'
import { FakeJenkins } from './fake-jenkins.ts'

const spec = {
  name: 'laptop-1',
  description: 'd',
  labels: ['linux'],
  remoteFs: '/a',
  executors: 1,
  mode: 'exclusive' as const,
  webSocket: true,
}

test('a node goes offline, online and away as agents come and go', async () => {
  const jenkins = new FakeJenkins()
  await jenkins.createNode(spec)
  expect(await jenkins.node('laptop-1')).toMatchObject({ offline: true, connected: false, labels: ['linux'] })
  jenkins.agentConnects('laptop-1')
  expect(await jenkins.node('laptop-1')).toMatchObject({ offline: false, connected: true })
  await jenkins.markOffline('laptop-1', 'footman')
  expect(await jenkins.node('laptop-1')).toMatchObject({ offline: true, connected: true })
  await jenkins.clearOffline('laptop-1')
  expect(await jenkins.node('laptop-1')).toMatchObject({ offline: false, offlineReason: '' })
  await jenkins.disconnect('laptop-1', 'tidy up')
  expect(await jenkins.node('laptop-1')).toMatchObject({ offline: true, connected: false })
})

test('a WebSocket agent is told about a wrong name, a wrong secret and a rival', async () => {
  const jenkins = new FakeJenkins()
  await jenkins.createNode(spec)
  await jenkins.createNode({ ...spec, name: 'laptop-2' })
  const secret = await jenkins.inboundSecret('laptop-1')
  expect(await jenkins.probeWebSocket('laptop-1', secret)).toBe('accepted')
  expect(await jenkins.probeWebSocket('laptop-2', secret)).toBe('wrong-secret')
  expect(await jenkins.probeWebSocket('nobody', secret)).toBe('unknown-node')
  jenkins.agentConnects('laptop-1')
  expect(await jenkins.probeWebSocket('laptop-1', secret)).toBe('occupied')
})

test('a lost answer leaves its effect behind', async () => {
  const jenkins = new FakeJenkins()
  jenkins.fail('createNode', new RemoteError('timeout', 'no answer'), { times: 1, after: true })
  await expect(jenkins.createNode(spec)).rejects.toThrow('no answer')
  await expect(jenkins.createNode(spec)).rejects.toMatchObject({ failure: 'conflict' })
})

test('a missing right is named, and a hanging call ends with its signal', async () => {
  const jenkins = new FakeJenkins()
  jenkins.denied.add('Create')
  await expect(jenkins.createNode(spec)).rejects.toMatchObject({ permission: 'hudson.model.Computer.Create' })
  jenkins.hang('queue')
  await expect(jenkins.queue(AbortSignal.timeout(10))).rejects.toThrow()
  expect(jenkins.seen).toBeUndefined()
})
