import { describe, expect, test } from 'vitest'
import { preflight } from '../../../agent/preflight/preflight.ts'
import { createTcpTransport } from '../../../agent/transports/inbound/tcp.ts'
import { RemoteError } from '../../../core/errors.ts'
import type { AgentListener } from '../../../jenkins/jenkins.ts'
import { pigeon } from '../../support/fake-transport.ts'
import { preflightBench } from '../../support/preflight-bench.ts'

const listener: AgentListener = {
  host: 'jenkins.test',
  port: 50_000,
  protocols: ['JNLP4-connect', 'Ping'],
  minimumRemoting: undefined,
  hasIdentity: true,
}

describe('permissions', () => {
  test.each([
    ['Create', 'create nodes', 'Agent/Create'],
    ['Connect', 'connect agents', 'Agent/Connect'],
    ['Configure', 'label nodes', 'Agent/Configure'],
    ['Disconnect', 'drain nodes', 'Agent/Disconnect'],
    ['Delete', 'delete nodes', 'Agent/Delete'],
  ] as const)('without Agent/%s the check "%s" fails and names it', async (right, name, permission) => {
    const { jenkins, outcome } = preflightBench()
    jenkins.denied.add(right)
    const found = await outcome(name)
    expect(found).toMatchObject({ result: 'fail', cure: expect.stringContaining(permission) })
  })

  test('one that is missing does not hide the others', async () => {
    const { jenkins, run } = preflightBench()
    jenkins.denied.add('Configure').add('Disconnect')
    const failed = (await run()).outcomes.filter(({ result }) => result === 'fail')
    expect(failed.map(({ name }) => name)).toEqual(['label nodes', 'drain nodes'])
    expect(jenkins.store.size).toBe(0)
  })

  test('that only seem to be there are found out', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.updateNode = async () => undefined
    expect(await outcome('label nodes')).toMatchObject({
      result: 'fail',
      finding: expect.stringContaining('did not keep them'),
    })
  })

  test('to delete being absent, the name of what stays behind is told', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.denied.add('Delete')
    expect((await outcome('delete nodes'))?.cure).toContain('delete the node laptop-preflight')
  })
})

describe('the trial node', () => {
  test('is removed when something goes wrong in between', async () => {
    const { jenkins, options } = preflightBench()
    const report = ({ name }: { name: string }) => {
      if (name === 'label nodes') throw new Error('stdout is gone')
    }
    await expect(preflight(options, report)).rejects.toThrow('stdout is gone')
    expect(jenkins.store.size).toBe(0)
  })

  test('is removed when somebody interrupts', async () => {
    const person = new AbortController()
    const { jenkins, options } = preflightBench({}, { signal: person.signal })
    jenkins.hang('probeWebSocket')
    const flight = preflight(options)
    await expect.poll(() => jenkins.calls).toContain('probeWebSocket laptop-preflight')
    person.abort(new Error('interrupted'))
    await expect(flight).rejects.toThrow('interrupted')
    expect(jenkins.store.size).toBe(0)
  })

  test('is removed when somebody interrupts before its creation was answered', async () => {
    const person = new AbortController()
    const { jenkins, options } = preflightBench({}, { signal: person.signal })
    const create = jenkins.createNode.bind(jenkins)
    jenkins.createNode = async (spec, signal) => {
      await create(spec, signal)
      person.abort(new Error('interrupted'))
      signal?.throwIfAborted()
    }
    await expect(preflight(options)).rejects.toThrow('interrupted')
    expect(jenkins.store.size).toBe(0)
  })

  test('is removed when it was made although no answer came', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.fail('createNode', new RemoteError('timeout', 'no answer within 20 s'), { after: true })
    expect(await outcome('create nodes')).toMatchObject({ result: 'fail', finding: 'no answer within 20 s' })
    expect(jenkins.store.size).toBe(0)
  })

  test('that a killed preflight left is cleared away first', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.addNode('laptop-preflight', { description: 'Made by footman preflight on laptop; …' })
    expect(await outcome('create nodes')).toMatchObject({
      result: 'ok',
      finding: 'we may; one that an earlier preflight left is gone',
    })
    expect(jenkins.store.size).toBe(0)
  })

  test('is never confused with a node that somebody else made', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.addNode('laptop-preflight', { description: 'the real one' })
    expect(await outcome('create nodes')).toMatchObject({
      result: 'fail',
      cure: expect.stringContaining('machine.name'),
    })
    expect(jenkins.store.get('laptop-preflight')?.description).toBe('the real one')
  })
})

describe('transports', () => {
  test('TCP is taken where WebSocket does not get through', async () => {
    const { jenkins, run } = preflightBench()
    jenkins.webSocket = false
    jenkins.listener = listener
    const { passed, transport } = await run()
    expect({ passed, transport }).toEqual({ passed: true, transport: 'tcp' })
  })

  test('without any way the flight fails and says what is wrong with each', async () => {
    const { jenkins, run, outcome } = preflightBench()
    jenkins.webSocket = false
    expect((await run()).transport).toBeUndefined()
    const found = await outcome('transport')
    expect(found).toMatchObject({ result: 'fail' })
    expect(found?.finding).toContain('WebSocket: neither the controller nor a proxy')
    expect(found?.finding).toContain('TCP: the controller has its TCP port for agents switched off')
  })

  test('a configured way that does not work names the one that would', async () => {
    const { outcome } = preflightBench({ transport: 'tcp' })
    expect(await outcome('transport')).toMatchObject({
      result: 'fail',
      cure: 'set transport: websocket, which works',
    })
  })

  test('a refused socket is told with its address and the firewall', async () => {
    const tcp = createTcpTransport(async () => ({ kind: 'unreachable', reason: 'connect ECONNREFUSED' }))
    const { jenkins, outcome } = preflightBench({ transport: 'tcp' }, { transports: [tcp] })
    jenkins.listener = listener
    expect(await outcome('TCP')).toMatchObject({
      result: 'warn',
      finding: 'nothing can be reached at jenkins.test:50000: connect ECONNREFUSED',
      cure: expect.stringContaining('firewall'),
    })
    expect(await outcome('transport')).toMatchObject({ result: 'fail' })
  })

  test('a way that somebody adds is tried, told and chosen without any change here', async () => {
    const { jenkins, run, options } = preflightBench({}, { transports: [pigeon()] })
    const { passed, transport, outcomes } = await run()
    expect({ passed, transport }).toEqual({ passed: true, transport: 'pigeon' })
    expect(outcomes).toContainEqual({
      name: 'Carrier pigeon',
      result: 'ok',
      finding: `a pigeon found ${options.machineName}-preflight`,
    })
    expect(outcomes).toContainEqual({
      name: 'transport',
      result: 'ok',
      finding: 'agents connect over Carrier pigeon',
    })
    expect(jenkins.calls.filter((call) => call.startsWith('probeWebSocket'))).toEqual([])
  })

  test('a way that cannot be tried is skipped, and the flight may pass in a minute', async () => {
    const lost = pigeon({ tryOut: () => Promise.reject(new RemoteError('timeout', 'no pigeon came back')) })
    const { outcome } = preflightBench({}, { transports: [lost] })
    expect(await outcome('Carrier pigeon')).toMatchObject({
      result: 'skipped',
      finding: 'it could not be tried: no pigeon came back',
    })
    expect(await outcome('transport')).toMatchObject({ result: 'fail', isTransient: true })
  })

  test('of ways that all fail, each has its check', async () => {
    const tired = pigeon({ tryOut: async () => ({ usable: false, finding: 'it is tired', cure: 'feed it' }) })
    const { run } = preflightBench({}, { transports: [tired, pigeon({ ...tired, title: 'Owl' })] })
    const { outcomes } = await run()
    expect(outcomes).toContainEqual({ name: 'Owl', result: 'warn', finding: 'it is tired', cure: 'feed it' })
    expect(outcomes).toContainEqual({
      name: 'transport',
      result: 'fail',
      finding: 'Carrier pigeon: it is tired; Owl: it is tired',
      cure: 'feed it',
    })
  })
})
