import { type Clock, systemClock } from './clock.ts'

export interface RetryOptions {
  /** Total time in which a new attempt may begin, in ms. */
  withinMs: number
  /** Pause before the second attempt, in ms; doubles each time. Default 250. */
  firstPauseMs?: number
  /** Longest pause, in ms. Default 10,000. */
  maxPauseMs?: number
  /** Which errors deserve another attempt. */
  isRetryable: (error: unknown) => boolean
  signal?: AbortSignal
  clock?: Clock
  /** 0 to 1; tests pass a constant. */
  random?: () => number
  /** Told before each pause. */
  onRetry?: (error: unknown, pauseMs: number) => void
}

/**
 * Runs `attempt` until it succeeds, an error is not retryable, or the time is up; then throws the last error.
 * Pauses grow exponentially with half of each left to chance, so that many laptops do not return in step.
 */
export async function retry<T>(attempt: (tries: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock = systemClock, random = Math.random, signal } = options
  const { firstPauseMs = 250, maxPauseMs = 10_000 } = options
  const giveUpAt = clock.now() + options.withinMs
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted()
    try {
      return await attempt(tries)
    } catch (error) {
      if (signal?.aborted || !options.isRetryable(error)) throw error
      const full = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(tries, 30))
      const pauseMs = full / 2 + (random() * full) / 2
      if (clock.now() + pauseMs > giveUpAt) throw error
      options.onRetry?.(error, pauseMs)
      await clock.sleep(pauseMs, signal)
    }
  }
}
