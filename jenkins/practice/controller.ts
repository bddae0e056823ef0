import { randomBytes } from 'node:crypto'
import { readIfExists } from '../../core/atomic-write.ts'
import { type Clock, systemClock } from '../../core/clock.ts'
import { messageOf, UserError } from '../../core/errors.ts'
import { type Log, silentLog } from '../../core/log.ts'
import type { User } from './auth.ts'
import { type Boot, boot } from './boot.ts'
import { answerRequest, sendReply } from './http.ts'
import { type JobSpec, parseJobXml, renderJobXml } from './job-xml.ts'
import { bootFailure, notReady } from './replies.ts'
import { createRequestLog, type RequestLog } from './request-log.ts'
import { ownPlugins } from './routes/plugins.ts'
import { type Listener, listen } from './server.ts'
import { createState, type PracticeEvent, type State } from './state.ts'
import { freezeState, thawState } from './state-file.ts'
import { createStateSaver, type StateSaver } from './state-saver.ts'
import type { PlayedPlugin, SetupWizard } from './world.ts'

export interface PracticeOptions {
  /** Default 127.0.0.1. */
  host?: string
  /** Default 0: any free one. */
  port?: number
  /** TCP port for agents; default 0, any free one. */
  agentPort?: number | 'off'
  /** e.g. `/jenkins`; default none. */
  contextPath?: string
  /** The URL that the controller believes it has; default the one it listens on. */
  publicUrl?: string
  /** Where nodes, jobs and builds are kept from one process to the next. Default: nowhere. */
  stateFile?: string
  /** Default: an administrator with a token made up for the occasion. The first is `user` and `token` of the controller. */
  users?: readonly User[]
  builtInExecutors?: number
  version?: string
  /**
   * What it does on its first boot while it says "Starting Jenkins"; what it returns goes before the options. When it
   * throws, the boot has failed, and that is what every page says from then on.
   */
  prepare?: (state: State) => Promise<Prepared>
  /** Default current; an `old` one hands out no secrets. */
  swarmPlugin?: 'current' | 'old' | 'missing'
  /** Of a build without `delay`; default 5,000. */
  quietPeriodMs?: number
  /** How long a restart that was asked for over HTTP keeps the controller away, in ms. Default 3,000. */
  restartMs?: number
  clock?: Clock
  log?: Log
}

/** What is only known once the home has been read. */
export interface Prepared {
  users?: readonly User[]
  plugins?: readonly PlayedPlugin[]
  setupWizard?: SetupWizard | undefined
}

/** A small controller that speaks the parts of Jenkins that footman uses. It is not Jenkins. */
export interface PracticeController {
  /** With context path and trailing slash. */
  readonly url: string
  /** -1 when there is no TCP port for agents. */
  readonly agentPort: number
  readonly user: string
  readonly token: string
  /** What it knows at the moment; another object after a restart. */
  readonly state: State
  readonly requests: RequestLog
  /** Throws UserError when the name is taken. */
  createJob(name: string, job: JobSpec): void
  /** Queues a build without quiet period; returns the queue item's id. */
  build(job: string): number
  /** Goes through 503, a closed port, 503 again, and is back with a new session. All of that takes `downMs`. */
  restart(options?: { downMs?: number }): Promise<void>
  /** Ends for good. Jobs and nodes are in the state file, when there is one. */
  stop(): Promise<void>
  /** Also over restarts. Returns how to stop listening. */
  on(listener: (event: PracticeEvent) => void): () => void
}

/** Starts a practice controller on loopback. Throws UserError when a port is taken or the state file is none of ours. */
export async function startPracticeController(options: PracticeOptions = {}): Promise<PracticeController> {
  const controller = new Controller(options)
  await controller.start()
  return controller
}

/** Whoever asks for the end shall still hear that it was understood. */
const answerFirstMs = 50

class Controller implements PracticeController {
  readonly requests = createRequestLog()
  readonly #options: PracticeOptions
  #prepared: Prepared
  #failure: { error: unknown } | undefined
  readonly #clock: Clock
  readonly #log: Log
  readonly #listeners = new Set<(event: PracticeEvent) => void>()
  #state: State
  #phase: 'up' | 'restarting' | 'down' | 'starting' = 'down'
  #boot: Boot | undefined
  #listener: Listener | undefined
  #port: number
  readonly #ended = new AbortController()
  readonly #saver: StateSaver

  constructor(options: PracticeOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLog
    this.#port = options.port ?? 0
    this.#prepared = { users: options.users ?? [{ name: 'admin', token: randomBytes(16).toString('hex') }] }
    this.#state = createState({
      secretKey: randomBytes(32).toString('hex'),
      builtInExecutors: options.builtInExecutors ?? 0,
    })
    const state = () => this.#state
    this.#saver = createStateSaver({ file: options.stateFile, state, clock: this.#clock, log: this.#log })
  }

  get url(): string {
    const { host = '127.0.0.1', contextPath = '' } = this.#options
    return `http://${host}:${this.#port}${contextPath}/`
  }

  get agentPort(): number {
    return this.#boot?.world.agentPort ?? -1
  }

  get user(): string {
    return this.#prepared.users?.[0]?.name ?? ''
  }

  get token(): string {
    return this.#prepared.users?.[0]?.token ?? ''
  }

  get state(): State {
    return this.#state
  }

  async start(): Promise<void> {
    const { stateFile } = this.#options
    const saved = stateFile === undefined ? undefined : await readIfExists(stateFile)
    if (saved !== undefined) this.#state = thaw(saved, stateFile)
    await this.#open()
    if (!(await this.#prepare())) return
    try {
      await this.#bootUp()
    } catch (error) {
      await this.#close()
      throw error
    }
  }

  createJob(name: string, spec: JobSpec): void {
    const xml = renderJobXml(spec)
    const parsed = parseJobXml(xml)
    if (!parsed || this.#state.jobs.has(name)) throw new UserError(`A job named ${name} already exists`)
    this.#state.jobs.set(name, { name, xml, ...parsed, nextBuild: 1, builds: [] })
    this.#state.emit({ kind: 'job', job: name })
  }

  build(name: string): number {
    const job = this.#state.jobs.get(name)
    if (!job || !this.#boot) throw new UserError(`There is no job named ${name}`)
    return this.#boot.world.scheduler.schedule(job, { user: this.user, delayMs: 0 }).id
  }

  async restart({ downMs = this.#options.restartMs ?? 3000 } = {}): Promise<void> {
    if (this.#phase !== 'up') return
    this.#enter('restarting')
    this.#boot?.suspend()
    if (!(await this.#pause(downMs / 3))) return
    await this.#close()
    const frozen = freezeState(this.#state)
    if (!(await this.#pause(downMs / 3))) return
    this.#state = thaw(frozen, 'memory')
    await this.#open()
    if (await this.#pause(downMs / 3)) await this.#bootUp()
    else await this.#close()
  }

  async stop(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    this.#boot?.suspend()
    await this.#close()
    await this.#saver.now()
  }

  on(listener: (event: PracticeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #open(): Promise<void> {
    const { host = '127.0.0.1' } = this.#options
    this.#listener = await listen({ host, port: this.#port }, (request, response) => {
      this.requests.add(request)
      const world = this.#boot?.world
      if (this.#phase === 'up' && world) void answerRequest(request, response, world)
      else if (this.#failure) sendReply(response, bootFailure(this.#failure.error))
      else sendReply(response, notReady(this.#phase === 'restarting' ? 'restarting' : 'starting'))
    })
    this.#port = this.#listener.port
    this.#enter('starting')
  }

  /** False when the boot has failed. */
  async #prepare(): Promise<boolean> {
    try {
      this.#prepared = { ...this.#prepared, ...(await this.#options.prepare?.(this.#state)) }
      return true
    } catch (error) {
      this.#failure = { error }
      this.#log.error(`The boot has failed: ${messageOf(error)}`)
      return false
    }
  }

  async #bootUp(): Promise<void> {
    const { host = '127.0.0.1', agentPort = 0 } = this.#options
    if (!this.#listener) return
    this.#state.on((event) => this.#tell(event))
    const port = this.agentPort > 0 ? this.agentPort : agentPort
    this.#boot = await boot({
      state: this.#state,
      listener: this.#listener,
      users: this.#prepared.users ?? [],
      plugins: this.#prepared.plugins ?? ownPlugins,
      setupWizard: this.#prepared.setupWizard,
      version: this.#options.version ?? '2.498',
      swarmPlugin: this.#options.swarmPlugin ?? 'current',
      rootUrl: this.#options.publicUrl ?? this.url,
      contextPath: this.#options.contextPath ?? '',
      quietPeriodMs: this.#options.quietPeriodMs ?? 5000,
      agentAddress: port === 'off' ? undefined : { host, port },
      clock: this.#clock,
      log: this.#log,
      lifecycle: {
        restart: () => this.#inBackground(this.restart()),
        safeRestart: (reason) => this.#restartWhenIdle(reason),
        exit: () => this.#inBackground(this.#clock.sleep(answerFirstMs).then(() => this.stop())),
      },
      save: () => this.#saver.soon(),
    })
    this.#enter('up')
  }

  async #close(): Promise<void> {
    await this.#boot?.disconnectAgents()
    await this.#listener?.close()
    this.#enter('down')
  }

  /** False when the controller was stopped meanwhile. */
  async #pause(ms: number): Promise<boolean> {
    await this.#clock.sleep(ms, this.#ended.signal).catch(() => undefined)
    return !this.#ended.signal.aborted
  }

  /** Pipelines are carried on afterwards, so only freestyle builds are waited for. */
  #restartWhenIdle(reason: string | null): void {
    this.#state.quietDown = { reason }
    const isIdle = () =>
      [...this.#state.jobs.values()].every(
        (job) => job.definition.kind === 'pipeline' || job.builds.every((build) => !build.building),
      )
    const stopListening = this.on(() => {
      const isCancelled = !this.#state.quietDown
      if (!isIdle() && !isCancelled) return
      stopListening()
      if (!isCancelled) this.#inBackground(this.restart())
    })
    this.#state.emit({ kind: 'quiet-down', on: true })
  }

  /** What was asked for over HTTP has nobody to throw at. */
  #inBackground(work: Promise<void>): void {
    work.catch((error) => this.#log.error(messageOf(error)))
  }

  #enter(phase: 'up' | 'restarting' | 'down' | 'starting'): void {
    this.#phase = phase
    this.#tell({ kind: 'phase', phase })
  }

  #tell(event: PracticeEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
    if (event.kind !== 'phase') this.#saver.soon()
  }
}

function thaw(frozen: string, where: string | undefined): State {
  const state = thawState(frozen)
  if (state) return state
  throw new UserError(`${where} is no state of a practice controller`, {
    hint: 'name another file, or remove this one to begin afresh',
  })
}
