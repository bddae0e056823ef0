import type { Clock } from '../../core/clock.ts'
import { RemoteError, UserError } from '../../core/errors.ts'
import { formatDuration } from '../../core/units.ts'
import type { HealthProbe, Sight } from '../health/health.ts'

export interface WaitOptions {
  deadlineMs: number
  intervalMs: number
  clock: Clock
  /** Told when what is seen is something else than before. */
  onChange: (sight: Sight) => void
  signal: AbortSignal
}

/** A first start ends with the setup wizard: that is as good as up here. */
export type Ready = Extract<Sight, { state: 'up' | 'wizard' | 'closed' }>

/**
 * Looks until Jenkins answers. Throws UserError when this start has failed for good, and RemoteError `timeout` when
 * there is no end to it.
 */
export async function waitUntilUp(probe: HealthProbe, options: WaitOptions): Promise<Ready> {
  const { deadlineMs, intervalMs, clock, onChange, signal } = options
  const giveUpAtMs = clock.now() + deadlineMs
  let before: Sight['state'] | undefined
  for (;;) {
    const sight = await probe.look(signal)
    if (sight.state !== before) onChange(sight)
    before = sight.state
    switch (sight.state) {
      case 'up':
      case 'wizard':
      case 'closed':
        return sight
      case 'broken':
      case 'dead':
        throw new UserError(`Jenkins does not start: ${sight.reason}`, {
          hint: 'its log says more: docker logs, with the name of the container',
        })
      default:
        if (clock.now() + intervalMs > giveUpAtMs) throw tooLate(sight, deadlineMs)
        await clock.sleep(intervalMs, signal)
    }
  }
}

function tooLate(sight: Sight, deadlineMs: number): RemoteError {
  const state = sight.state === 'loading' ? 'it is still loading' : 'nothing answers'
  return new RemoteError('timeout', `Jenkins is not up after ${formatDuration(deadlineMs)}: ${state}`, {
    hint: 'raise upgrade.gate.deadline for a large home on a slow disk, then run this again: it goes on waiting',
  })
}
