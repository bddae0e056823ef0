import { expect, test } from 'vitest'
import { agentConfigSchema } from '../../../agent/config/schema.ts'
import { type ChooseOptions, chooseTransport } from '../../../agent/daemon/choose-transport.ts'
import { createTcpTransport } from '../../../agent/transports/inbound/tcp.ts'
import { webSocketTransport } from '../../../agent/transports/inbound/websocket.ts'
import { RemoteError } from '../../../core/errors.ts'
import { createLog } from '../../../core/log.ts'
import { FakeJenkins } from '../../support/fake-jenkins.ts'
import { pigeon } from '../../support/fake-transport.ts'

function bench(over: Partial<ChooseOptions> & { transport?: string } = {}) {
  const { transport = 'auto', ...rest } = over
  const jenkins = new FakeJenkins()
  const said: string[] = []
  const controller = { url: jenkins.url, user: 'ann', token: 'env:TOKEN' }
  const options: ChooseOptions = {
    jenkins,
    config: agentConfigSchema.parse({ controller, transport }),
    machineName: 'laptop',
    transports: [webSocketTransport, createTcpTransport(async () => ({ kind: 'jenkins' }))],
    log: createLog({ sink: { write: (line) => said.push(line) } }),
    clock: { now: () => 0, sleep: async () => undefined },
    signal: new AbortController().signal,
    ...rest,
  }
  return { jenkins, said, choose: () => chooseTransport(options) }
}

test('auto takes what a trial of preflight would take, and leaves nothing behind', async () => {
  const { jenkins, choose } = bench()
  expect((await choose()).name).toBe('websocket')
  expect(jenkins.calls).toContain('createNode laptop-preflight')
  expect(jenkins.store.size).toBe(0)
})

test('a transport that the controller claims to have and that does not get through is not taken', async () => {
  const { jenkins, choose } = bench()
  jenkins.webSocket = false
  jenkins.listener = {
    host: 'jenkins.test',
    port: 50_000,
    protocols: ['JNLP4-connect'],
    minimumRemoting: undefined,
    hasIdentity: true,
  }
  expect((await choose()).name).toBe('tcp')
})

test('a transport that somebody adds is taken too', async () => {
  const { choose } = bench({ transports: [pigeon()] })
  expect((await choose()).name).toBe('pigeon')
})

test('a check that fails for good ends the start with finding and cure, exit code 3', async () => {
  const { jenkins, choose } = bench()
  jenkins.denied.add('Configure')
  await expect(choose()).rejects.toMatchObject({
    exitCode: 3,
    message: 'label nodes: ann is missing the Agent/Configure permission',
    hint: expect.stringContaining('Agent/Configure'),
  })
  expect(jenkins.store.size).toBe(0)
})

test('no way through ends the start with what is wrong with each', async () => {
  const { jenkins, choose } = bench()
  jenkins.webSocket = false
  await expect(choose()).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(/^transport: WebSocket: .*; TCP: .*switched off$/),
    hint: expect.stringContaining('proxy'),
  })
})

test('a controller that goes away meanwhile is waited for', async () => {
  const { jenkins, said, choose } = bench()
  jenkins.fail('createNode', new RemoteError('timeout', 'no answer within 20 s'), { times: 1 })
  jenkins.fail('probeWebSocket', new RemoteError('booting', 'Jenkins is starting'), { times: 1 })
  expect((await choose()).name).toBe('websocket')
  expect(said.join('')).toMatch(/create nodes: no answer within 20 s; trying again/)
  expect(said.join('')).toMatch(/Jenkins is starting.*; trying again/)
})

test('somebody who does not want to wait is obeyed', async () => {
  const person = new AbortController()
  const { jenkins, choose } = bench({ signal: person.signal })
  jenkins.hang('probeWebSocket')
  const choosing = choose()
  await expect.poll(() => jenkins.calls).toContain('probeWebSocket laptop-preflight')
  person.abort(new Error('interrupted'))
  await expect(choosing).rejects.toThrow('interrupted')
  expect(jenkins.store.size).toBe(0)
})

test('a configured transport is only looked up', async () => {
  const { jenkins, choose } = bench({ transport: 'websocket' })
  jenkins.denied.add('Create')
  expect((await choose()).name).toBe('websocket')
  expect(jenkins.calls).toEqual(['root'])
})

test('a configured transport that the controller has not is refused with the cure, exit code 3', async () => {
  const { choose } = bench({ transport: 'tcp' })
  await expect(choose()).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('TCP port for agents switched off'),
    hint: expect.stringContaining('set transport: websocket'),
  })
})
