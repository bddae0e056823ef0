import type { NetworkInterfaceInfo } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type AgentConfigInput, agentConfigSchema } from '../../agent/config/schema.ts'
import { assemble } from '../../agent/daemon/assemble.ts'
import { Daemon } from '../../agent/daemon/daemon.ts'
import type { Edges, Plan } from '../../agent/daemon/edges.ts'
import type { Gate } from '../../agent/daemon/gate.ts'
import { createNews, type News } from '../../agent/daemon/news.ts'
import { statusOf } from '../../agent/daemon/status.ts'
import { parseLabelLeniently } from '../../agent/labels/lenient.ts'
import { satisfiedBy } from '../../agent/match/match.ts'
import { known, type Readings } from '../../agent/policy/sensor.ts'
import { slotName } from '../../agent/slots/slots.ts'
import { webSocketTransport } from '../../agent/transports/inbound/websocket.ts'
import type { Transport } from '../../agent/transports/transport.ts'
import { createLog } from '../../core/log.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import { type FakeDocker, fakeDocker } from './docker-fake.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeJenkins } from './fake-jenkins.ts'
import { tempDir } from './temp-dir.ts'
import { waitingFor, whyWaiting } from './waiting-for.ts'

export const stageConfig = {
  controller: { url: 'http://jenkins.test/', user: 'ann', token: 'env:NONE' },
  machine: { name: 'ann', cpus: 8, memory: '16G', slots: 4 },
} satisfies AgentConfigInput

/** Sensors that have nothing against lending. */
export const contentReadings: Readings = {
  power: known({ onBattery: false }),
  idleForMs: known(Number.POSITIVE_INFINITY),
  foreignLoad: known(0),
  freeDiskBytes: known(100 * 2 ** 30),
  metered: known(false),
}

export const stageImage = 'jenkins/inbound-agent:jdk17'

export interface StageOptions {
  settings?: Partial<AgentConfigInput>
  /** Stands between the daemon and the fakes, e.g. to spoil their answers. */
  edges?: (real: Pick<Edges, 'jenkins' | 'engine'>) => Partial<Edges>
  reconnect?: () => Promise<Jenkins>
  /** Default: WebSocket. */
  transport?: Transport
  /** Where fetched files are kept; default: an empty folder. */
  cacheDir?: string
}

/** A daemon on a stage: engine, controller and time are made of memory, and the agents in its containers are played. */
export class LendingStage {
  readonly jenkins = new FakeJenkins()
  readonly clock = new FakeClock()
  readonly docker: FakeDocker = fakeDocker({ now: this.clock.now })
  /** What people are told. */
  readonly said: string[] = []
  readonly news: News
  gate: Gate = { openness: 'open', because: 'nothing speaks against lending' }
  /** Whether agents find their controller. */
  agentsConnect = true
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = {}
  readonly #options: StageOptions
  #plan: Plan | undefined
  #daemon: Daemon | undefined
  #items = 0
  readonly #labels = new Map<number, string>()
  ended: Promise<void> | undefined

  constructor(options: StageOptions = {}) {
    this.#options = options
    const sink = { write: (line: string) => this.said.push(line.trimEnd()) }
    this.news = createNews(createLog({ sink }), this.clock)
    this.docker.addImage(stageImage)
    this.jenkins.onQueue = () => this.#explainWaits()
    this.docker.onStart((id, { labels }) => this.#agentStarts(id, labels['io.footman.slot'] ?? ''))
    this.docker.onEnd((_id, { labels }) => this.jenkins.agentVanishes(labels['io.footman.slot'] ?? ''))
  }

  get daemon(): Daemon {
    if (!this.#daemon) throw new Error('the daemon was not started')
    return this.#daemon
  }

  get plan(): Plan {
    if (!this.#plan) throw new Error('the daemon was not started')
    return this.#plan
  }

  /** Starts the daemon, or another one after `kill`; returns when it has looked for the first time. */
  async start(): Promise<void> {
    this.#plan ??= await this.#assemble()
    const { clock, docker: engine, jenkins } = this
    const edges = {
      jenkins,
      engine,
      clock,
      log: this.news.log,
      ...this.#options.edges?.({ jenkins, engine }),
    }
    const { reconnect } = this.#options
    const daemon = new Daemon({
      ...edges,
      plan: this.#plan,
      gate: async () => this.gate,
      interfaces: () => this.interfaces,
      ...(reconnect && { reconnect }),
    })
    this.#daemon = daemon
    const power = new AbortController()
    this.#cut = () => power.abort(new Error('killed'))
    clock.expectSleepers(true)
    this.ended = daemon.run(power.signal).finally(() => clock.expectSleepers(false))
    onTestFinished(() => this.kill())
    await clock.asleep()
  }

  #cut = () => {}

  /** The daemon ends without any farewell. */
  async kill(): Promise<void> {
    this.#cut()
    await this.ended
  }

  async #assemble(): Promise<Plan> {
    const config = agentConfigSchema.parse({ ...stageConfig, ...this.#options.settings })
    const folder = await tempDir()
    return await assemble({
      config,
      jenkins: this.jenkins,
      engine: this.docker,
      transport: this.#options.transport ?? webSocketTransport,
      machineName: config.machine.name ?? 'ann',
      machineId: 'a1b2c3',
      budget: { cpus: config.machine.cpus ?? 8, memoryBytes: config.machine.memory ?? 16 * 2 ** 30 },
      stateDir: join(folder, 'state'),
      cacheDir: this.#options.cacheDir ?? join(folder, 'cache'),
    })
  }

  /** Time passes, and between any two looks Jenkins gives waiting builds to idle agents. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.now() + ms
    while (this.clock.now() < untilMs) {
      this.schedule()
      const restMs = untilMs - this.clock.now()
      await this.clock.advance(Math.min(this.clock.nextMs ?? restMs, restMs))
    }
    this.schedule()
  }

  /**
   * A build waits for a label; returns its queue item. Of a Pipeline Jenkins tells no label, only a sentence that depends
   * on the nodes of the moment.
   */
  enqueue(label: string, kind: 'freestyle' | 'pipeline' = 'freestyle'): number {
    const id = ++this.#items
    const labelExpression = kind === 'freestyle' ? label : undefined
    const task = { ...waitingFor(label).task, name: `app${id}`, labelExpression }
    this.jenkins.items.push(waitingFor(label, { id, inQueueSinceMs: this.clock.now(), task }))
    this.#labels.set(id, label)
    return id
  }

  /** Jenkins gives waiting builds to idle nodes that satisfy their labels. */
  schedule(): void {
    for (const item of [...this.jenkins.items]) {
      const label = parseLabelLeniently(this.#labels.get(item.id) ?? '')
      const taker = [...this.jenkins.store.values()].find(
        ({ name, labels, offline, idle }) => !offline && idle && satisfiedBy(label, name, labels),
      )
      if (!taker) continue
      this.jenkins.items = this.jenkins.items.filter(({ id }) => id !== item.id)
      this.jenkins.setBuilds(taker.name, [`http://jenkins.test/job/${item.task.name}/1/`])
    }
  }

  #explainWaits(): void {
    const nodes = [...this.jenkins.store.values()]
    this.jenkins.items = this.jenkins.items.map((item) => {
      const label = this.#labels.get(item.id)
      return label === undefined ? item : { ...item, why: whyWaiting(label, nodes) }
    })
  }

  /** The node of a slot; throws when there is none. */
  node(number: number) {
    const name = slotName({ name: 'ann' }, number)
    const node = this.jenkins.store.get(name)
    if (!node) throw new Error(`there is no node ${name}`)
    return node
  }

  /** Containers by slot, each with what the engine knows of it. */
  get containers() {
    return this.docker.containers().map((state) => ({ slot: state.labels['io.footman.slot'], ...state }))
  }

  /** The one container that there is. */
  get container() {
    const [one, ...others] = this.containers
    if (!one || others.length > 0) throw new Error(`there are ${this.containers.length} containers`)
    return one
  }

  get status() {
    const { daemon, plan, news } = this
    const controller = { url: this.jenkins.url, version: this.jenkins.seen?.version }
    return statusOf({ plan, state: daemon.state, controller, startedAtMs: 0, events: news.events })
  }

  /** The agent in the slot's container finds its controller. */
  agentConnects(slot: string): void {
    for (const { id } of this.containers.filter((one) => one.slot === slot)) {
      this.docker.say(id, 'INFO: Connected')
    }
    this.jenkins.agentConnects(slot)
  }

  /** The agent notices that its connection is dead; the controller does not. */
  agentGivesUp(slot: string): void {
    for (const { id } of this.containers.filter((one) => one.slot === slot)) {
      this.docker.say(id, 'INFO: Terminated')
    }
  }

  #agentStarts(id: string, slot: string): void {
    this.docker.say(id, `INFO: Setting up agent: ${slot}`)
    if (this.agentsConnect && this.jenkins.store.has(slot)) this.agentConnects(slot)
  }
}
