import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'

interface Sleeper {
  atMs: number
  wake: () => void
}

/** A clock whose hands the test turns. Who sleeps wakes when the hands come by, one after the other. */
export class FakeClock implements Clock {
  #nowMs: number
  #sleepers: Sleeper[] = []
  #isOver = false

  constructor(nowMs = Date.UTC(2026, 0, 5, 12)) {
    this.#nowMs = nowMs
  }

  readonly now = (): number => this.#nowMs

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const startle = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(signal?.reason)
      }
      const wake = () => {
        signal?.removeEventListener('abort', startle)
        resolve()
      }
      const sleeper: Sleeper = { atMs: this.#nowMs + ms, wake }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', startle, { once: true })
    })

  /** How long the next sleeper still sleeps, ms; undefined when nobody does. */
  get nextMs(): number | undefined {
    const [next] = this.#sleepers.toSorted((a, b) => a.atMs - b.atMs)
    return next && next.atMs - this.#nowMs
  }

  /** Lets time pass; each sleeper that wakes meanwhile goes on until it, or another, sleeps again. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await this.asleep()
    for (;;) {
      const [next] = this.#sleepers.toSorted((a, b) => a.atMs - b.atMs)
      if (!next || next.atMs > untilMs) break
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next)
      next.wake()
      await this.asleep()
    }
    this.#nowMs = untilMs
  }

  /** The hands jump, as they do for a laptop that slept: nobody wakes before time goes on. */
  jump(ms: number): void {
    this.#nowMs += ms
  }

  /** Resolves when somebody sleeps, or nobody ever will again. */
  async asleep(): Promise<void> {
    const giveUpAt = performance.now() + 5_000
    do await nextTurn()
    while (this.#sleepers.length === 0 && !this.#isOver && performance.now() < giveUpAt)
    if (this.#sleepers.length === 0 && !this.#isOver) throw new Error('nobody has gone to sleep for 5 s')
  }

  /** Says that somebody will sleep here from now on, or that who did has ended. */
  expectSleepers(are: boolean): void {
    this.#isOver = !are
  }
}
