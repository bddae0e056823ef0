import { describe, expect, test } from 'vitest'
import { known } from '../../../agent/policy/sensor.ts'
import { preflight } from '../../../agent/preflight/preflight.ts'
import { RemoteError, UserError } from '../../../core/errors.ts'
import type { AgentListener } from '../../../jenkins/jenkins.ts'
import { contentReadings, defaultImage, preflightBench } from '../../support/preflight-bench.ts'
import { waitingFor } from '../../support/waiting-for.ts'

const gib = 2 ** 30
const listener: AgentListener = {
  host: 'jenkins.test',
  port: 50_000,
  protocols: ['JNLP4-connect', 'Ping'],
  minimumRemoting: undefined,
  hasIdentity: true,
}

test('where everything is in order, every check passes and nothing is left on the controller', async () => {
  const { jenkins, run } = preflightBench()
  const { passed, transport, outcomes } = await run()
  expect(outcomes.filter(({ result }) => result !== 'ok')).toEqual([])
  expect({ passed, transport }).toEqual({ passed: true, transport: 'websocket' })
  expect(outcomes.map(({ name }) => name)).toEqual([
    'controller',
    'version',
    'account',
    'clock',
    'nodes',
    'queue',
    'create nodes',
    'connect agents',
    'label nodes',
    'WebSocket',
    'TCP port',
    'transport',
    'drain nodes',
    'delete nodes',
    'engine',
    'limits',
    'way back',
    `image ${defaultImage}`,
    'capacity',
    'disk',
    'policy',
  ])
  expect(jenkins.store.size).toBe(0)
})

test('outcomes are reported one by one as they come', async () => {
  const { options, jenkins } = preflightBench()
  const created: boolean[] = []
  await preflight(options, ({ name }) => {
    if (name === 'create nodes') created.push(jenkins.store.has('laptop-preflight'))
  })
  expect(created).toEqual([true])
})

test('every failure and every warning comes with a cure', async () => {
  const { jenkins, run } = preflightBench({
    templates: [{ name: 'big', size: '64CPU64G' }],
    policy: { minFreeDisk: '900G' },
  })
  jenkins.webSocket = false
  for (const right of ['Configure', 'Connect', 'Disconnect', 'Delete'] as const) jenkins.denied.add(right)
  const { outcomes } = await run()
  const bad = outcomes.filter(({ result }) => result === 'fail' || result === 'warn')
  expect(bad.length).toBeGreaterThan(6)
  expect(bad.filter(({ cure }) => !cure)).toEqual([])
})

describe('the controller', () => {
  test('behind a wrong URL fails with the words of the client, and nothing is tried on it', async () => {
    const { jenkins, run } = preflightBench()
    jenkins.goAway()
    const { passed, outcomes } = await run()
    expect(passed).toBe(false)
    expect(outcomes[0]).toEqual({
      name: 'controller',
      result: 'fail',
      finding: 'connect ECONNREFUSED jenkins.test:80',
      cure: 'check controller.url, the network and the VPN',
    })
    expect(jenkins.calls).toEqual(['root'])
    expect(outcomes.find(({ name }) => name === 'create nodes')?.result).toBe('skipped')
    expect(outcomes.find(({ name }) => name === 'engine')?.result).toBe('ok')
  })

  test('with a wrong token is there, but does not know us', async () => {
    const { jenkins, run } = preflightBench()
    const refusal = new RemoteError('unauthenticated', 'Jenkins does not accept the token of user ann', {
      hint: 'make a new API token',
    })
    jenkins.fail('root', refusal)
    jenkins.fail('whoAmI', refusal)
    const { outcomes, passed } = await run()
    expect(passed).toBe(false)
    expect(outcomes[0]).toMatchObject({ name: 'controller', result: 'ok' })
    expect(outcomes.find(({ name }) => name === 'account')).toEqual({
      name: 'account',
      result: 'fail',
      finding: 'Jenkins does not accept the token of user ann',
      cure: 'make a new API token',
    })
  })

  test('that takes us for anybody is a wrong token too', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.identity = { name: 'anonymous', anonymous: true, authorities: ['anonymous'] }
    expect(await outcome('account')).toMatchObject({
      result: 'fail',
      cure: expect.stringContaining('API token'),
    })
    expect(jenkins.calls).not.toContain('createNode laptop-preflight')
  })

  test('that hides itself names the permission', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.fail('root', new RemoteError('forbidden', 'ann lacks the permission Overall/Read'))
    expect(await outcome('account')).toMatchObject({
      result: 'fail',
      finding: 'ann lacks the permission Overall/Read',
      cure: 'ask an administrator of Jenkins to give ann the permission Overall/Read',
    })
  })

  test.each([
    ['2.150.1', 'fail', 'Jenkins 2.150.1 is too old'],
    ['2.163', 'fail', 'Jenkins 2.163 is too old'],
    ['2.164', 'warn', 'older than 2.361'],
    ['2.361.1', 'ok', 'Jenkins 2.361.1'],
    ['3.0', 'ok', 'Jenkins 3.0'],
    ['next', 'warn', 'calls its version "next"'],
  ])('of version %s is judged: %s', async (version, result, words) => {
    const { jenkins, outcome } = preflightBench()
    jenkins.version = version
    expect(await outcome('version')).toMatchObject({ result, finding: expect.stringContaining(words) })
  })

  test('too old to serve is not touched', async () => {
    const { jenkins, run } = preflightBench()
    jenkins.version = '2.150.1'
    await run()
    expect(jenkins.calls.filter((call) => call.startsWith('createNode'))).toEqual([])
  })

  test.each([
    [59_000, 'ok', 'within 59s'],
    [-61_000, 'warn', 'this machine is 1m 1s ahead of the controller'],
    [3_600_000, 'warn', 'this machine is 1h behind the controller'],
  ])('whose clock is %d ms off is told apart', async (skewMs, result, words) => {
    const { jenkins, outcome } = preflightBench()
    jenkins.clockSkewMs = skewMs
    expect(await outcome('clock')).toMatchObject({ result, finding: expect.stringContaining(words) })
  })

  test('about to restart is a warning', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.quietingDown = true
    expect(await outcome('version')).toMatchObject({ result: 'warn' })
  })

  test('with builds in its queue shows how many wait', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.items = [waitingFor('4CPU8G')]
    expect(await outcome('queue')).toMatchObject({ finding: 'visible, 1 build waits' })
  })
})

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
    const readBanner = async () => ({ kind: 'unreachable' as const, reason: 'connect ECONNREFUSED' })
    const { jenkins, outcome } = preflightBench({ transport: 'tcp' }, { readBanner })
    jenkins.listener = listener
    expect(await outcome('TCP port')).toMatchObject({
      result: 'warn',
      finding: 'nothing can be reached at jenkins.test:50000: connect ECONNREFUSED',
      cure: expect.stringContaining('firewall'),
    })
    expect(await outcome('transport')).toMatchObject({ result: 'fail' })
  })

  test.each<[string, Partial<AgentListener>, string]>([
    ['without identity', { hasIdentity: false }, 'instance-identity'],
    ['without JNLP4', { protocols: ['Ping'] }, 'transport: websocket'],
  ])('a TCP port %s is of no use', async (_name, over, cure) => {
    const { jenkins, outcome } = preflightBench({ transport: 'tcp' })
    jenkins.listener = { ...listener, ...over }
    expect((await outcome('TCP port'))?.cure).toContain(cure)
  })
})

describe('the engine', () => {
  test('that is away is named with how to start it', async () => {
    const { docker, run } = preflightBench()
    docker.setAway(true)
    const { passed, outcomes } = await run()
    expect(passed).toBe(false)
    expect(outcomes.find(({ name }) => name === 'engine')).toEqual({
      name: 'engine',
      result: 'fail',
      finding: 'the container engine does not answer',
      cure: 'start it',
    })
    expect(outcomes.find(({ name }) => name === 'limits')?.result).toBe('skipped')
  })

  test('that nobody found fails in the words of the search', async () => {
    const engine = new UserError('there is no container engine', { hint: 'install Docker' })
    const { outcome } = preflightBench({}, { engine })
    expect(await outcome('engine')).toMatchObject({
      finding: 'there is no container engine',
      cure: 'install Docker',
    })
  })

  test('that does not enforce limits is a warning', async () => {
    const { options, outcome } = preflightBench()
    const { engine } = options
    if (engine instanceof Error) throw engine
    const info = await engine.info()
    engine.info = async () => ({
      ...info,
      rootless: true,
      enforces: { cpu: false, memory: true, pids: true },
    })
    expect(await outcome('limits')).toMatchObject({
      result: 'warn',
      finding: expect.stringContaining('limits of cpu'),
      cure: expect.stringContaining('delegate'),
    })
  })

  test.each([
    'http://localhost:8080/jenkins/',
    'http://127.0.0.1:8080/jenkins/',
    'http://[::1]:8080/jenkins/',
  ])('cannot reach %s from inside a container', async (url) => {
    const { outcome } = preflightBench({ controller: { url } })
    expect(await outcome('way back')).toMatchObject({
      result: 'fail',
      cure: expect.stringContaining('http://host.docker.internal:8080/jenkins/'),
    })
  })

  test('reaches a controller on this machine through agentUrl, or on the network of the host', async () => {
    const url = 'http://localhost:8080/'
    const agentUrl = 'http://host.docker.internal:8080/'
    expect(await preflightBench({ controller: { url, agentUrl } }).outcome('way back')).toMatchObject({
      result: 'ok',
    })
    const templates = [{ name: 'default', network: 'host' }]
    expect(await preflightBench({ controller: { url }, templates }).outcome('way back')).toMatchObject({
      result: 'ok',
    })
  })
})

describe('images', () => {
  const image = 'registry.test/agent:1'
  const own = { templates: [{ name: 'default', image }], images: { allow: ['registry.test/*'] } }

  test('that are missing are fetched', async () => {
    const { docker, outcome } = preflightBench(own)
    expect((await outcome(`image ${image}`))?.result).not.toBe('fail')
    expect(docker.calls).toContain('pull')
  })

  test('that cannot be fetched fail with the reason', async () => {
    const { docker, outcome } = preflightBench(own)
    docker.failNext('pull', new UserError('registry.test knows no agent:1', { hint: 'check the name' }))
    expect(await outcome(`image ${image}`)).toEqual({
      name: `image ${image}`,
      result: 'fail',
      finding: 'registry.test knows no agent:1',
      cure: 'check the name',
    })
  })

  test('that are missing and may not be fetched fail', async () => {
    const { docker, outcome } = preflightBench({ ...own, images: { ...own.images, pull: 'never' } })
    expect(await outcome(`image ${image}`)).toMatchObject({
      result: 'fail',
      cure: expect.stringContaining('docker pull'),
    })
    expect(docker.calls).not.toContain('pull')
  })

  test('are left alone when nobody wants them fetched now', async () => {
    const { docker, outcome } = preflightBench(own, { pull: false })
    expect(await outcome(`image ${image}`)).toMatchObject({ result: 'warn' })
    expect(docker.calls).not.toContain('pull')
  })

  test('that the owner does not allow are refused', async () => {
    const { run } = preflightBench({ templates: own.templates })
    const { passed, outcomes } = await run()
    expect(passed).toBe(false)
    expect(outcomes.find(({ name }) => name === `image ${image}`)).toMatchObject({
      result: 'fail',
      cure: `add ${image} to images.allow`,
    })
  })

  test('for another architecture are a warning', async () => {
    const { docker, outcome } = preflightBench(own)
    docker.addImage(image, { arch: 'arm64' })
    expect(await outcome(`image ${image}`)).toMatchObject({
      result: 'warn',
      finding: expect.stringContaining('linux/arm64, the engine runs linux/amd64'),
    })
  })
})

describe('capacity', () => {
  test('a budget beyond the machine fails', async () => {
    const { outcome } = preflightBench({ machine: { cpus: 12 } })
    expect(await outcome('machine.cpus')).toMatchObject({ result: 'fail', cure: 'lend at most 8' })
    expect(await outcome('capacity')).toBeUndefined()
  })

  test('a template larger than the budget fails', async () => {
    const { outcome } = preflightBench({ templates: [{ name: 'big', size: '16CPU8G' }] })
    expect(await outcome('templates[0].size')).toMatchObject({
      result: 'fail',
      finding: expect.stringContaining('more than this machine lends'),
      cure: expect.stringContaining('machine.cpus'),
    })
  })

  test('what is lent is told', async () => {
    expect(await preflightBench().outcome('capacity')).toMatchObject({
      finding: 'lends 4 of 8 CPUs and 8 GiB of 16 GiB, in at most 4 containers at a time',
    })
  })

  test('a full disk fails with what to do', async () => {
    const readings = { ...contentReadings, freeDiskBytes: known(3 * gib) }
    const { outcome } = preflightBench({}, { readings })
    expect(await outcome('disk')).toMatchObject({
      result: 'fail',
      finding: expect.stringContaining('3 GiB free, less than the 10 GiB of policy.minFreeDisk'),
      cure: expect.stringContaining('docker system prune'),
    })
  })

  test('a machine on its battery is told that it would take no builds now', async () => {
    const readings = { ...contentReadings, power: known({ onBattery: true }) }
    const { outcome } = preflightBench({}, { readings })
    expect(await outcome('policy')).toMatchObject({
      result: 'warn',
      finding: expect.stringContaining('battery'),
    })
  })
})
