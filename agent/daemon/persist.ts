import type { Clock } from '../../core/clock.ts'
import { isTransient, messageOf } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { retry } from '../../core/retry.ts'

export interface PersistOptions {
  log: Log
  clock: Clock
  signal: AbortSignal
}

/**
 * Asks, as long as it takes, a controller that is away or booting: a daemon may start before its network does.
 * A refusal is believed at once and thrown.
 */
export function persist<T>(ask: () => Promise<T>, { log, clock, signal }: PersistOptions): Promise<T> {
  return retry(ask, {
    withinMs: Number.MAX_SAFE_INTEGER,
    firstPauseMs: 2_000,
    maxPauseMs: 60_000,
    isRetryable: isTransient,
    onRetry: (error) => log.once('warn', `${messageOf(error)}; trying again`),
    clock,
    signal,
  })
}
