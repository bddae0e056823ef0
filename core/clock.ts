import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** Time comes in by parameter, so that tests can turn the hands. All times are milliseconds. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {})
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
}

/** The longest that a timer can wait: about 24 days. */
const longestTimerMs = 2 ** 31 - 1

/**
 * A signal that aborts with the caller's signal or after `ms`, whichever comes first.
 * Not `AbortSignal.any([signal, AbortSignal.timeout(ms)])`: Node 20 collects the timeout as garbage, and it never comes.
 */
export function deadline(ms: number, signal?: AbortSignal): AbortSignal {
  if (signal?.aborted) return signal
  const controller = new AbortController()
  const onAbort = () => {
    clearTimeout(timer)
    controller.abort(signal?.reason)
  }
  const onTime = () => {
    signal?.removeEventListener('abort', onAbort)
    controller.abort(new DOMException(`nothing came within ${ms} ms`, 'TimeoutError'))
  }
  const timer = setTimeout(onTime, Math.min(ms, longestTimerMs)).unref()
  if (signal) {
    // One daemon has one signal and many requests under way: that is no leak, whatever Node warns.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', onAbort, { once: true })
  }
  return controller.signal
}
