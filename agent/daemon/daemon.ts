import { inWords, RemoteError } from '../../core/errors.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import { type ImageKeeper, imageKeeper } from '../containers/image-keeper.ts'
import { recollectFailure } from '../slots/recollect.ts'
import { isOwn } from '../slots/slots.ts'
import type { ObservedContainer } from '../world.ts'
import type { Edges, Plan } from './edges.ts'
import { type Farewell, isOver, lookBack, type Remains } from './farewell.ts'
import type { Gate } from './gate.ts'
import { freshMind, type Mind } from './mind.ts'
import { narrate } from './narrate.ts'
import { pause } from './pace.ts'
import { type RoundOptions, type RoundResult, round, withoutController } from './round.ts'
import { type DaemonState, freshState, nextState, type Trouble, troubleOf } from './state.ts'

export interface DaemonOptions extends Edges, Pick<RoundOptions, 'interfaces'> {
  plan: Plan
  /** Policy and the owner's wish, read anew for each look. */
  gate: () => Promise<Gate>
  /** A fresh client, for when the credentials stopped working: the token may have been renewed meanwhile. */
  reconnect?: () => Promise<Jenkins>
}

/** While it leaves, the daemon asks a controller that is away at least this often, ms. */
const leavingPauseMs = 5_000

/** The loop: look, decide, act, wait. */
export class Daemon {
  readonly #options: DaemonOptions
  readonly #images: ImageKeeper
  readonly #mind: Mind = freshMind()
  readonly #background = new AbortController()
  #jenkins: Jenkins
  #farewell: Farewell | undefined
  #nap: AbortController | undefined
  /** Those who wait for a look that begins after they asked. */
  #heedful: (() => void)[] = []
  #state: DaemonState

  constructor(options: DaemonOptions) {
    const { engine, log, plan, clock, jenkins } = options
    this.#options = options
    this.#jenkins = jenkins
    this.#state = freshState(clock.now())
    this.#images = imageKeeper({
      engine,
      log,
      images: () => plan.images(this.#jenkins.seen?.version),
      mayPull: plan.config.images.pull === 'missing',
      signal: this.#background.signal,
      onFailure: (template) => {
        this.#mind.recollection = recollectFailure(this.#mind.recollection, { template, nowMs: clock.now() })
      },
    })
  }

  get state(): DaemonState {
    return this.#state
  }

  /** The controller as it is asked at the moment. */
  get controller(): Pick<Jenkins, 'url' | 'seen'> {
    return this.#jenkins
  }

  /** Containers of ours, as last seen. */
  get containers(): readonly ObservedContainer[] {
    return this.#state.last?.sight.containers ?? []
  }

  /** Looks at once, and resolves when the look is over: `state` then tells what the owner's new wish led to. */
  async heed(): Promise<void> {
    this.#mind.isUnsettled = true
    const heeded = new Promise<void>((resolve) => this.#heedful.push(resolve))
    this.#nap?.abort()
    await heeded
  }

  /** Lets running builds end, at the latest after `withinMs`, and takes our nodes off the controller; then `run` returns. */
  leave(withinMs: number): void {
    const byMs = this.#options.clock.now() + withinMs
    const before = this.#farewell
    this.#farewell = {
      byMs: Math.min(before?.byMs ?? Number.POSITIVE_INFINITY, byMs),
      emptySinceMs: before?.emptySinceMs,
    }
    this.#nap?.abort()
  }

  /** How far the door is open now, even while a look takes its time. */
  async gate(): Promise<Gate> {
    const { clock, gate } = this.#options
    if (!this.#farewell) return await gate()
    const { byMs } = this.#farewell
    const openness = clock.now() < byMs ? 'finishing' : 'closed'
    return { openness, because: 'this machine stops lending', untilMs: byMs }
  }

  /** Runs until `leave` has done its work. When the signal aborts, everything stays as it is for the next start. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const heedful = this.#heedful
        this.#heedful = []
        const isDone = await this.#step(signal)
        for (const resolve of heedful) resolve()
        if (isDone) return
        await this.#rest(signal)
      }
    } finally {
      for (const resolve of this.#heedful) resolve()
      this.#background.abort()
    }
  }

  /** One look; true when there is nothing left to do. */
  async #step(signal: AbortSignal): Promise<boolean> {
    const gate = await this.gate()
    const options = this.#roundOptions(gate, signal)
    try {
      const result = await round(this.#mind, options)
      this.#mind.failures = 0
      this.#tell({ gate, result, trouble: undefined })
      const { sight, decision } = result
      // A look that began before the farewell may have been a glance, which tells nothing of what is left.
      return options.leaving && this.#isDone({ containers: sight.containers.length, slots: decision?.slots })
    } catch (error) {
      if (signal.aborted) return true
      this.#mind.failures++
      this.#mind.isUnsettled = true
      this.#tell({ gate, result: undefined, trouble: troubleOf(error) })
      this.#options.log.debug(error instanceof Error ? (error.stack ?? error.message) : String(error))
      await this.#renewCredentials(error)
      return await this.#makeDo(options)
    }
  }

  #roundOptions(gate: Gate, signal: AbortSignal): RoundOptions {
    const { engine, log, clock, plan, interfaces } = this.#options
    if (gate.openness !== this.#state.gate.openness) this.#mind.isUnsettled = true
    return {
      jenkins: this.#jenkins,
      engine,
      log,
      clock,
      plan,
      images: this.#images,
      gate,
      leaving: this.#farewell !== undefined,
      ...(interfaces && { interfaces }),
      signal,
    }
  }

  /** The owner's wishes are carried out even when a look failed, as far as that goes. */
  async #makeDo(options: RoundOptions): Promise<boolean> {
    if (options.gate.openness !== 'closed' && !options.leaving) return false
    const left = await withoutController(options).catch((error: unknown) => {
      if (this.#state.trouble?.side !== 'engine') this.#options.log.once('warn', inWords(error))
      return undefined
    })
    return this.#isDone({ containers: left?.length, slots: undefined })
  }

  #isDone(remains: Remains): boolean {
    const { clock, log, plan } = this.#options
    if (!this.#farewell) return false
    this.#farewell = lookBack(this.#farewell, remains, clock.now())
    if (!isOver(this.#farewell, remains, clock.now())) return false
    const left = this.#mind.nodes.filter((node) => isOwn(node, plan.machine)).map(({ name }) => name)
    if (left.length > 0) log.warn(`left on the controller: ${left.join(', ')}; the next start sees to that`)
    return true
  }

  #tell(news: { gate: Gate; result: RoundResult | undefined; trouble: Trouble | undefined }): void {
    const { log, clock } = this.#options
    const next = nextState(this.#state, news, clock.now())
    for (const { level, text } of narrate(this.#state, next, clock.now())) log[level](text)
    for (const wording of news.result?.sight.unknownWording ?? []) {
      log.once('warn', `Jenkins says why a build waits in words that footman does not know: "${wording}"`)
    }
    this.#state = next
  }

  async #renewCredentials(error: unknown): Promise<void> {
    const isRefused = error instanceof RemoteError && error.failure === 'unauthenticated'
    if (!isRefused || !this.#options.reconnect) return
    this.#jenkins = await this.#options.reconnect().catch(() => this.#jenkins)
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    if (this.#heedful.length > 0) return
    const pauseMs = this.#pauseMs()
    this.#mind.intendedPauseMs = pauseMs
    const nap = new AbortController()
    this.#nap = nap
    const wake = () => nap.abort()
    signal.addEventListener('abort', wake, { once: true })
    await clock.sleep(pauseMs, nap.signal).catch(() => undefined)
    signal.removeEventListener('abort', wake)
  }

  #pauseMs(): number {
    const { clock, plan } = this.#options
    const { isUnsettled: isHot, ...rest } = this.#mind
    const usual = pause({ isHot, ...rest }, plan.config.poll, clock.now())
    if (!this.#farewell) return usual
    const leftMs = this.#farewell.byMs - clock.now()
    return Math.min(usual, leavingPauseMs, leftMs > 0 ? leftMs : leavingPauseMs)
  }
}
