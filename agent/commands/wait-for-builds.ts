import { type Clock, systemClock } from '../../core/clock.ts'
import { RemoteError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { formatDuration } from '../../core/units.ts'
import type { AgentStatus } from '../control/protocol.ts'
import type { AskDaemon } from './ask-daemon.ts'

const lookEveryMs = 500
const endsWithinMs = 60_000

export interface WaitOptions {
  log: Log
  signal: AbortSignal
  clock?: Clock
}

/**
 * Waits until no container of the daemon is left, and tells whenever it waits for something else. Returns the last status;
 * undefined when the daemon itself has ended meanwhile. There is no deadline: builds end, or policy.finishWithin ends them.
 */
export async function waitForBuilds(
  ask: AskDaemon,
  first: AgentStatus,
  { log, signal, clock = systemClock }: WaitOptions,
): Promise<AgentStatus | undefined> {
  let status = first
  let said = ''
  for (let rest = workOf(status); rest.length > 0; rest = workOf(status)) {
    const text = `waiting for ${rest.join(', ')}`
    if (text !== said) log.info(text)
    said = text
    await clock.sleep(lookEveryMs, signal)
    const next = await statusUnlessEnded(ask)
    if (!next) return undefined
    status = next
  }
  return status
}

/** Waits until the daemon itself has ended. Throws RemoteError `timeout` when it has nothing left to do and stays. */
export async function waitForEnd(
  ask: AskDaemon,
  { signal, clock = systemClock }: WaitOptions,
): Promise<void> {
  const giveUpAtMs = clock.now() + endsWithinMs
  while (await statusUnlessEnded(ask)) {
    if (clock.now() >= giveUpAtMs) {
      throw new RemoteError('timeout', `the agent is still there after ${formatDuration(endsWithinMs)}`, {
        hint: 'try `footman agent stop --now`, or end its process: the next start tidies up',
      })
    }
    await clock.sleep(lookEveryMs / 2, signal)
  }
}

/** `broken` is what a command hears whose daemon ends while it is asked. */
async function statusUnlessEnded(ask: AskDaemon): Promise<AgentStatus | undefined> {
  try {
    return await ask({ request: 'status' })
  } catch (error) {
    if (error instanceof RemoteError && ['unreachable', 'broken'].includes(error.failure)) return undefined
    throw error
  }
}

/** What still runs, e.g. `app #41 on laptop-ann-1`. */
function workOf({ slots }: AgentStatus): string[] {
  return slots
    .filter(({ state }) => state !== 'registered' && state !== 'failed' && state !== 'held')
    .map(({ slot, build }) => (build ? `${build} on ${slot}` : slot))
}
