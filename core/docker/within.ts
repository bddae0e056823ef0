/** Why a piece of work was given up: its time was over. */
export class TooSlow extends Error {}

export interface Patience {
  /** Longest time, in ms; or, when the work keeps calling `extend`, longest time between two calls. */
  ms: number
  signal?: AbortSignal | undefined
}

/**
 * Runs work that must not take for ever: gives it a signal that aborts with the caller's or when time is over, and
 * stops waiting then even if the work does not listen. Throws the caller's reason, TooSlow, or what the work threw.
 */
export async function within<T>(
  { ms, signal }: Patience,
  work: (signal: AbortSignal, extend: () => void) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const giveUp = (reason: unknown) => controller.abort(reason)
  const timer = setTimeout(() => giveUp(new TooSlow(`no answer within ${ms} ms`)), ms)
  const passOn = () => giveUp(signal?.reason)
  signal?.addEventListener('abort', passOn, { once: true })
  const aborted = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true })
  })
  try {
    return await Promise.race([work(controller.signal, () => timer.refresh()), aborted])
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', passOn)
  }
}
