import { messageOf, RemoteError } from '../../core/errors.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import { type ImageKeeper, imageKeeper } from '../containers/image-keeper.ts'
import { recollectFailure } from '../slots/recollect.ts'
import { isOwn } from '../slots/slots.ts'
import type { Edges, Plan } from './edges.ts'
import { freshMind, type Mind } from './mind.ts'
import { narrate } from './narrate.ts'
import { type Liveliness, pause } from './pace.ts'
import { closeWithoutController, type RoundOptions, type RoundResult, round } from './round.ts'
import type { DaemonState, Gate } from './state.ts'

export interface DaemonOptions extends Edges {
  plan: Plan
  /** Policy and the owner's wish, read anew for each look. */
  gate: (signal: AbortSignal) => Promise<Gate>
  /** A fresh client, for when the credentials stopped working: the token may have been renewed meanwhile. */
  reconnect?: () => Promise<Jenkins>
  /** Told every line that the log is told. */
  onNews?: (text: string) => void
}

/** The loop: look, decide, act, wait. */
export class Daemon {
  readonly #options: DaemonOptions
  readonly #images: ImageKeeper
  readonly #mind: Mind = freshMind()
  readonly #background = new AbortController()
  #jenkins: Jenkins
  #leaveByMs: number | undefined
  #nap: AbortController | undefined
  /** Those who wait for a look that begins after they asked. */
  #heedful: (() => void)[] = []
  #state: DaemonState = {
    gate: { openness: 'open', because: '' },
    last: undefined,
    trouble: undefined,
    isLeaving: false,
  }

  constructor(options: DaemonOptions) {
    const { engine, log, plan, clock } = options
    this.#options = options
    this.#jenkins = options.jenkins
    this.#images = imageKeeper({
      engine,
      log,
      images: plan.images,
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

  /** Looks at once instead of after the pause. */
  wake(): void {
    this.#mind.isUnsettled = true
    this.#nap?.abort()
  }

  /** Looks at once, and resolves when the look is over: `state` then tells what the owner's new wish led to. */
  async heed(): Promise<void> {
    this.wake()
    await new Promise<void>((resolve) => this.#heedful.push(resolve))
  }

  /** Containers of ours, as last seen. */
  get containerIds(): string[] {
    return this.#state.last?.sight.containers.map(({ id }) => id) ?? []
  }

  /** Lets running builds end, at the latest after `withinMs`, and takes our nodes off the controller; then `run` returns. */
  leave(withinMs: number): void {
    const byMs = this.#options.clock.now() + withinMs
    this.#leaveByMs = Math.min(this.#leaveByMs ?? Number.POSITIVE_INFINITY, byMs)
    this.#state = { ...this.#state, isLeaving: true }
    this.wake()
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
    const gate = await this.#gate(signal)
    const options = this.#roundOptions(gate, signal)
    try {
      const result = await round(this.#mind, options)
      this.#mind.failures = 0
      this.#told({ gate, result, trouble: undefined })
      return this.#state.isLeaving && isGone(this.#mind, result)
    } catch (error) {
      if (signal.aborted) return true
      this.#mind.failures++
      this.#mind.isUnsettled = true
      this.#told({ gate, result: undefined, trouble: describe(error) })
      await this.#renewCredentials(error)
      if (gate.openness !== 'closed') return false
      await closeWithoutController(options).catch((failure: unknown) => this.#complain(failure))
      return this.#state.isLeaving
    }
  }

  async #gate(signal: AbortSignal): Promise<Gate> {
    const { clock, gate } = this.#options
    if (this.#leaveByMs === undefined) return await gate(signal)
    const openness = clock.now() < this.#leaveByMs ? 'finishing' : 'closed'
    return { openness, because: 'footman is stopping', untilMs: this.#leaveByMs }
  }

  #roundOptions(gate: Gate, signal: AbortSignal): RoundOptions {
    const { engine, log, clock, plan } = this.#options
    if (gate.openness !== this.#state.gate.openness) this.#mind.isUnsettled = true
    return {
      jenkins: this.#jenkins,
      engine,
      log,
      clock,
      plan,
      images: this.#images,
      openness: gate.openness,
      leaving: this.#leaveByMs !== undefined,
      signal,
    }
  }

  #told({
    gate,
    result,
    trouble,
  }: {
    gate: Gate
    result: RoundResult | undefined
    trouble: string | undefined
  }): void {
    const last = result?.world ? result : this.#state.last
    const next: DaemonState = { ...this.#state, gate, last, trouble }
    const { log, clock, onNews } = this.#options
    for (const { level, text } of narrate(this.#state, next, clock.now())) {
      log[level](text)
      onNews?.(text)
    }
    if (result) for (const text of result.sight.unknownWording) log.once('warn', text)
    this.#state = next
  }

  async #renewCredentials(error: unknown): Promise<void> {
    const isRefused = error instanceof RemoteError && error.failure === 'unauthenticated'
    if (!isRefused || !this.#options.reconnect) return
    this.#jenkins = await this.#options.reconnect().catch(() => this.#jenkins)
  }

  #complain(error: unknown): void {
    this.#options.log.warn(describe(error))
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const { clock, plan } = this.#options
    if (this.#heedful.length > 0) return
    const pauseMs = pause(livelinessOf(this.#mind, this.#state.isLeaving), plan.config.poll, clock.now())
    this.#mind.intendedPauseMs = pauseMs
    const nap = new AbortController()
    this.#nap = nap
    const wake = () => nap.abort()
    signal.addEventListener('abort', wake, { once: true })
    await clock.sleep(pauseMs, nap.signal).catch(() => undefined)
    signal.removeEventListener('abort', wake)
  }
}

/** Nothing of ours is left, neither container nor node. */
function isGone(mind: Mind, { world, sight }: RoundResult): boolean {
  if (!world || sight.containers.length > 0) return false
  return !mind.nodes.some((node) => isOwn(node, world.machine))
}

function livelinessOf(mind: Mind, isLeaving: boolean): Liveliness {
  const { hasContainers, lastDemandMs, failures } = mind
  return { isHot: isLeaving || mind.isUnsettled, hasContainers, lastDemandMs, failures }
}

function describe(error: unknown): string {
  const hint = error instanceof RemoteError && error.hint ? ` (${error.hint})` : ''
  return `${messageOf(error)}${hint}`
}
