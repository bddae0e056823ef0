import type { Clock } from '../../core/clock.ts'
import type { AgentStatus, ControlRequest } from '../control/protocol.ts'
import type { ControlHandler } from '../control/server.ts'
import type { Daemon } from './daemon.ts'
import type { Wish, WishKeeper } from './wish.ts'

export interface ObeyOptions {
  daemon: Pick<Daemon, 'heed' | 'leave'>
  wishes: Pick<WishKeeper, 'change'>
  /** How long builds may still run after `stop`, ms. */
  finishWithinMs: number
  status: () => Promise<AgentStatus>
  clock: Clock
}

/** A command waits this long for its effect; a look at a controller that does not answer takes longer, ms. */
const patienceMs = 3_000

/** Does what the commands ask of the daemon, and answers with the state that it led to. */
export function createObedience(options: ObeyOptions): ControlHandler {
  const { daemon, wishes, finishWithinMs, status, clock } = options
  return async (request) => {
    const wish = wishOf(request, clock.now())
    if (wish) await wishes.change(wish)
    if (request.request === 'stop') daemon.leave(request.now ? 0 : finishWithinMs)
    if (request.request !== 'status') await atMost(patienceMs, daemon.heed(), clock)
    return await status()
  }
}

function wishOf(request: ControlRequest, nowMs: number): Wish | undefined {
  switch (request.request) {
    case 'pause': {
      const untilMs = request.forMs === undefined ? undefined : nowMs + request.forMs
      return { mode: 'paused', sinceMs: nowMs, ...(untilMs !== undefined && { untilMs }) }
    }
    case 'drain':
      return { mode: 'draining', sinceMs: nowMs }
    case 'resume':
      return { mode: 'run' }
    default:
      return undefined
  }
}

/** Waits for something, but not for ever. */
async function atMost(ms: number, work: Promise<void>, clock: Clock): Promise<void> {
  const alarm = new AbortController()
  const late = clock.sleep(ms, alarm.signal).catch(() => undefined)
  await Promise.race([work, late])
  alarm.abort()
}
