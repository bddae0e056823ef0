import { once } from 'node:events'
import { mkdir, rename, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AgentConfigInput, agentConfigSchema } from '../../../agent/config/schema.ts'
import { callControl } from '../../../agent/control/client.ts'
import type { ControlRequest } from '../../../agent/control/protocol.ts'
import { lend } from '../../../agent/daemon/lend.ts'
import { known, type Readings } from '../../../agent/policy/sensor.ts'
import { RemoteError } from '../../../core/errors.ts'
import { createLog } from '../../../core/log.ts'
import { fakeDocker } from '../../support/docker-fake.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeJenkins } from '../../support/fake-jenkins.ts'
import { contentReadings, stageConfig, stageImage } from '../../support/lending-stage.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { waitingFor } from '../../support/waiting-for.ts'

const minute = 60_000

/** A whole daemon with its socket and its files, on fakes. `lend` starts it; more than once if need be. */
class Bench {
  readonly jenkins = new FakeJenkins()
  readonly clock = new FakeClock()
  readonly docker = fakeDocker({ now: this.clock.now })
  readonly said: string[] = []
  readings: Readings = contentReadings
  readonly folder: string
  readonly #settings: Partial<AgentConfigInput>
  #person = new AbortController()
  ended: Promise<void> | undefined

  constructor(folder: string, settings: Partial<AgentConfigInput>) {
    this.folder = folder
    this.#settings = settings
    this.docker.addImage(stageImage)
    this.docker.onStart((_id, { labels }) => this.jenkins.agentConnects(labels['io.footman.slot'] ?? ''))
    this.docker.onEnd((_id, { labels }) => this.jenkins.agentVanishes(labels['io.footman.slot'] ?? ''))
  }

  static async create(settings: Partial<AgentConfigInput> = {}): Promise<Bench> {
    const bench = new Bench(await tempDir(), settings)
    await mkdir(join(bench.folder, 'state'))
    return bench
  }

  get socketPath(): string {
    return join(this.folder, 'run', 'agent.sock')
  }

  async lend(): Promise<void> {
    this.#person = new AbortController()
    this.clock.expectSleepers(true)
    this.ended = lend({
      config: agentConfigSchema.parse({ ...stageConfig, transport: 'websocket', ...this.#settings }),
      log: createLog({ sink: { write: (line) => this.said.push(line.trimEnd()) } }),
      engine: this.docker,
      clock: this.clock,
      connect: async () => this.jenkins,
      stateDir: join(this.folder, 'state'),
      machineStateDir: join(this.folder, 'state'),
      cacheDir: join(this.folder, 'cache'),
      socketPath: this.socketPath,
      watch: async () => this.readings,
      signal: this.#person.signal,
    }).finally(() => this.clock.expectSleepers(false))
    this.ended.catch(() => {})
    onTestFinished(() => this.end())
    await this.clock.asleep()
  }

  ask(request: ControlRequest) {
    return callControl(this.socketPath, request)
  }

  /** What a service manager, or Ctrl-C, does. */
  terminate(): void {
    this.#person.abort(new Error('SIGTERM'))
  }

  async end(): Promise<void> {
    for (const name of this.jenkins.store.keys()) this.jenkins.setBuilds(name, [])
    this.jenkins.heal()
    this.terminate()
    await this.clock.advance(40 * minute)
    await this.ended?.catch(() => {})
  }

  /** A build runs in the first slot. */
  async build(): Promise<void> {
    this.jenkins.items = [waitingFor('2CPU2G')]
    await this.clock.advance(15_000)
    this.jenkins.items = []
    this.jenkins.setBuilds('ann-1', ['http://jenkins.test/job/app/41/'])
    await this.clock.advance(5_000)
  }
}

describe('the commands', () => {
  test('status tells what is lent, to whom, and what builds', async () => {
    const bench = await Bench.create()
    await bench.lend()
    await bench.build()
    expect(await bench.ask({ request: 'status' })).toMatchObject({
      machine: 'ann',
      controller: { url: 'http://jenkins.test/', version: '2.498', reachable: true },
      openness: 'open',
      budget: { total: { cpus: 8 }, used: { cpus: 2 } },
      slots: [{ slot: 'ann-1', state: 'busy', build: 'app #41', size: { cpus: 2 } }],
      events: expect.arrayContaining([expect.objectContaining({ text: 'ann-1: started 2CPU2G for app' })]),
    })
  })

  test('pause is answered with its effect, and ends by itself', async () => {
    const bench = await Bench.create()
    await bench.lend()
    await bench.build()
    const status = await bench.ask({ request: 'pause', forMs: 10 * minute })
    expect(status).toMatchObject({ openness: 'finishing', because: expect.stringContaining('you paused it') })
    expect(bench.jenkins.store.get('ann-1')?.offlineReason).toMatch(/^footman: its owner paused it until/)
    await bench.clock.advance(11 * minute)
    expect((await bench.ask({ request: 'status' })).openness).toBe('open')
    expect(bench.jenkins.store.get('ann-1')).toMatchObject({ temporarilyOffline: false, idle: false })
  })

  test('pause without an end lasts until resume', async () => {
    const bench = await Bench.create()
    await bench.lend()
    await bench.ask({ request: 'pause' })
    await bench.clock.advance(60 * minute)
    expect((await bench.ask({ request: 'status' })).openness).not.toBe('open')
    expect((await bench.ask({ request: 'resume' })).openness).toBe('open')
  })

  test('drain lets the running build end, and the machine is free', async () => {
    const bench = await Bench.create()
    await bench.lend()
    await bench.build()
    await bench.ask({ request: 'drain' })
    await bench.clock.advance(5 * minute)
    expect(bench.docker.containers()).toHaveLength(1)
    bench.jenkins.setBuilds('ann-1', [])
    await bench.clock.advance(10_000)
    expect(bench.docker.containers()).toEqual([])
    expect(await bench.ask({ request: 'status' })).toMatchObject({ because: 'you drained it' })
  })

  test('after finishWithin a pause ends what still runs', async () => {
    const bench = await Bench.create({ policy: { finishWithin: '5m' } })
    await bench.lend()
    await bench.build()
    await bench.ask({ request: 'pause' })
    await bench.clock.advance(4 * minute)
    expect(bench.docker.containers()).toHaveLength(1)
    await bench.clock.advance(2 * minute)
    expect(bench.docker.containers()).toEqual([])
  })

  test('stop lets builds end, then leaves neither node, container nor socket', async () => {
    const bench = await Bench.create()
    await bench.lend()
    await bench.build()
    const status = await bench.ask({ request: 'stop' })
    expect(status).toMatchObject({ openness: 'finishing', because: 'this machine stops lending' })
    await bench.clock.advance(minute)
    bench.jenkins.setBuilds('ann-1', [])
    await bench.clock.advance(10_000)
    await bench.ended
    expect([bench.jenkins.store.size, bench.docker.containers().length]).toEqual([0, 0])
    await expect(stat(bench.socketPath)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('stop --now does not wait for builds', async () => {
    const bench = await Bench.create()
    await bench.lend()
    await bench.build()
    await bench.ask({ request: 'stop', now: true })
    await bench.clock.advance(10_000)
    await bench.ended
    expect([bench.jenkins.store.size, bench.docker.containers().length]).toEqual([0, 0])
  })

  test('are answered with the door as it is, even while a look hangs', async () => {
    const bench = await Bench.create()
    await bench.lend()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    bench.jenkins.queue = async () => {
      await held
      return []
    }
    const answer = bench.ask({ request: 'pause' })
    await expect.poll(() => bench.clock.nextMs).toBe(3_000)
    const passing = bench.clock.advance(3_000)
    expect(await answer).toMatchObject({ openness: 'finishing', because: 'you paused it' })
    release()
    await passing
  })
})

describe('across starts', () => {
  test('a pause outlives the daemon, and a pause whose end came meanwhile does not', async () => {
    const bench = await Bench.create()
    await bench.lend()
    await bench.ask({ request: 'pause', forMs: 30 * minute })
    bench.terminate()
    await bench.clock.advance(10_000)
    await bench.ended
    await bench.lend()
    expect((await bench.ask({ request: 'status' })).openness).toBe('finishing')
    bench.terminate()
    await bench.clock.advance(60 * minute)
    await bench.ended
    await bench.lend()
    expect((await bench.ask({ request: 'status' })).openness).toBe('open')
  })

  test('a socket that a killed daemon left is replaced', async () => {
    const bench = await Bench.create()
    await mkdir(join(bench.folder, 'run'), { mode: 0o700 })
    const dead = createServer().listen(`${bench.socketPath}.dead`)
    await once(dead, 'listening')
    await rename(`${bench.socketPath}.dead`, bench.socketPath)
    dead.close()
    await once(dead, 'close')
    await bench.lend()
    expect((await bench.ask({ request: 'status' })).machine).toBe('ann')
  })

  test('a second daemon for the same controller is refused', async () => {
    const bench = await Bench.create()
    await bench.lend()
    const second = lend({
      config: agentConfigSchema.parse({ ...stageConfig, transport: 'websocket' }),
      log: createLog({ sink: { write: () => true } }),
      engine: bench.docker,
      clock: bench.clock,
      connect: async () => bench.jenkins,
      stateDir: join(bench.folder, 'state'),
      machineStateDir: join(bench.folder, 'state'),
      cacheDir: join(bench.folder, 'cache'),
      socketPath: bench.socketPath,
      watch: async () => contentReadings,
      signal: new AbortController().signal,
    })
    await expect(second).rejects.toMatchObject({ exitCode: 4 })
    expect((await bench.ask({ request: 'status' })).machine).toBe('ann')
  })
})

describe('a signal', () => {
  test('drains within the deadline of the policy, then leaves nothing', async () => {
    const bench = await Bench.create({ policy: { finishWithin: '5m' } })
    await bench.lend()
    await bench.build()
    bench.terminate()
    await bench.clock.advance(4 * minute)
    expect(bench.docker.containers()).toHaveLength(1)
    await bench.clock.advance(2 * minute)
    await bench.ended
    expect([bench.jenkins.store.size, bench.docker.containers().length]).toEqual([0, 0])
  })

  test('that comes while the controller is waited for ends the waiting', async () => {
    const bench = await Bench.create()
    bench.jenkins.goAway()
    await bench.lend()
    expect(bench.said).toEqual([expect.stringContaining('ECONNREFUSED')])
    bench.terminate()
    await expect(bench.ended).rejects.toThrow('SIGTERM')
  })
})

describe('at the start', () => {
  test('a controller and an engine that are away are waited for, and each is told of once', async () => {
    const bench = await Bench.create()
    bench.jenkins.goAway()
    await bench.lend()
    await bench.clock.advance(10 * minute)
    bench.jenkins.heal()
    bench.docker.setAway(true)
    await bench.clock.advance(10 * minute)
    bench.docker.setAway(false)
    await bench.clock.advance(2 * minute)
    expect(bench.said.filter((line) => line.includes('trying again'))).toEqual([
      expect.stringContaining('ECONNREFUSED'),
      expect.stringContaining('the container engine does not answer'),
    ])
    expect(bench.said.join('\n')).toContain('lending up to 8 CPUs')
  })

  test('a token that is refused ends it at once, with the cure', async () => {
    const bench = await Bench.create()
    const hint = 'make a new API token'
    bench.jenkins.fail('root', new RemoteError('unauthenticated', 'Jenkins does not accept it', { hint }))
    await bench.lend()
    await expect(bench.ended).rejects.toMatchObject({ exitCode: 3, hint })
  })

  test('somebody who is nobody to the controller is told so', async () => {
    const bench = await Bench.create()
    bench.jenkins.identity = { name: 'anonymous', anonymous: true, authorities: [] }
    await bench.lend()
    await expect(bench.ended).rejects.toMatchObject({ hint: expect.stringContaining('controller.token') })
  })
})

test('the policy closes the door, and the reason can be read in Jenkins', async () => {
  const bench = await Bench.create()
  await bench.lend()
  await bench.build()
  bench.readings = { ...contentReadings, power: known({ onBattery: true, percent: 40 }) }
  await bench.clock.advance(10_000)
  expect(bench.jenkins.store.get('ann-1')?.offlineReason).toBe(
    'footman: this machine runs on its battery (40 %)',
  )
  bench.readings = contentReadings
  await bench.clock.advance(2 * minute)
  expect(bench.jenkins.store.get('ann-1')).toMatchObject({ temporarilyOffline: false, idle: false })
})
