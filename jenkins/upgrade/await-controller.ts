import { messageOf } from '../../core/errors.ts'
import type { Sight } from '../health/health.ts'
import type { Work } from './work.ts'

/** When a controller first gave a good answer, ms since 1970; or why it did not. */
export type Arrival = { atMs: number; version: string } | { atMs: undefined; reason: string }

/** Waits until the controller in a container answers, no longer than the gate would. */
export async function awaitController(work: Work, container: string, signal?: AbortSignal): Promise<Arrival> {
  const { deadlineMs, intervalMs } = work.options.settings.upgrade.gate
  const probe = work.options.probeOf(container)
  const giveUpAt = work.clock.now() + deadlineMs
  for (;;) {
    signal?.throwIfAborted()
    let reason: string
    try {
      const sight = await probe.look(signal)
      if (sight.state === 'up' || sight.state === 'closed')
        return { atMs: work.clock.now(), version: sight.version }
      reason = inWords(sight)
    } catch (error) {
      reason = messageOf(error)
    }
    if (work.clock.now() >= giveUpAt) return { atMs: undefined, reason }
    await work.clock.sleep(Math.min(intervalMs, 500), signal)
  }
}

function inWords(sight: Sight): string {
  return 'reason' in sight ? sight.reason : `it is ${sight.state}`
}
