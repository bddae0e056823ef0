import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type AgentConfigInput, agentConfigSchema } from '../../agent/config/schema.ts'
import { callControl } from '../../agent/control/client.ts'
import type { ControlRequest } from '../../agent/control/protocol.ts'
import { lend } from '../../agent/daemon/lend.ts'
import type { Readings } from '../../agent/policy/sensor.ts'
import { createLog } from '../../core/log.ts'
import { fakeDocker } from './docker-fake.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeJenkins } from './fake-jenkins.ts'
import { contentReadings, stageConfig, stageImage } from './lending-stage.ts'
import { tempDir } from './temp-dir.ts'
import { waitingFor } from './waiting-for.ts'

const minute = 60_000

/** A whole daemon with its socket and its files, on fakes. `lend` starts it; more than once if need be. */
export class LendingHome {
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

  static async create(settings: Partial<AgentConfigInput> = {}): Promise<LendingHome> {
    const home = new LendingHome(await tempDir(), settings)
    await mkdir(join(home.folder, 'state'))
    return home
  }

  get socketPath(): string {
    return join(this.folder, 'run', 'agent.sock')
  }

  async lend(): Promise<void> {
    this.#person = new AbortController()
    this.clock.expectSleepers(true)
    this.ended = this.#lend(this.#person.signal).finally(() => this.clock.expectSleepers(false))
    this.ended.catch(() => {})
    onTestFinished(() => this.end())
    await this.clock.asleep()
  }

  /** A second daemon, started by mistake. */
  async another(): Promise<void> {
    await this.#lend(new AbortController().signal)
  }

  async #lend(signal: AbortSignal): Promise<void> {
    await lend({
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
      signal,
    })
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
