import type { Clock } from '../../core/clock.ts'
import { FootmanError, inWords, LockHeldError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { formatDuration } from '../../core/units.ts'

export interface ScheduleOptions {
  /** When to run next, seen from now, ms since 1970. */
  next: () => number | undefined
  /** Begin up to so much later, by chance. */
  jitterMs: number
  /** For the times that people read. Default: that of this machine. */
  timeZone: string | undefined
  /** What is to be done; may take longer than until the next time. */
  work: () => Promise<void>
  log: Log
  clock: Clock
  /** 0 to 1. */
  random: () => number
  signal: AbortSignal
}

/** A machine that was asleep, or whose clock was set, notices after at most this long. */
const longestSleepMs = 30_000

/**
 * Does the work whenever its time comes, one after the other, until the signal aborts or there is no next time. What goes wrong
 * with the work is told, and the next time comes all the same; only what footman did not expect ends it.
 */
export async function runSchedule(options: ScheduleOptions): Promise<void> {
  const { next, jitterMs, log, clock, random, signal } = options
  while (!signal.aborted) {
    const dueMs = next()
    if (dueMs === undefined) return log.warn('there is no next time')
    const startMs = dueMs + Math.round(random() * jitterMs)
    const later = startMs > dueMs ? `, ${formatDuration(startMs - dueMs)} after its time` : ''
    log.info(`next run: ${timeText(startMs, options.timeZone)}${later}`)
    if (!(await sleptUntil(startMs, clock, signal))) return
    await runOnce(options)
  }
}

async function runOnce({ next, work, log, clock, signal, timeZone }: ScheduleOptions): Promise<void> {
  const following = next()
  try {
    await work()
  } catch (error) {
    if (signal.aborted) return
    if (error instanceof LockHeldError) log.warn(`skipped this time: ${error.message}`)
    else if (error instanceof FootmanError) log.error(inWords(error))
    else throw error
  }
  if (following !== undefined && following <= clock.now()) {
    log.warn(`the run of ${timeText(following, timeZone)} is left out: the one before took until now`)
  }
}

/** Whether the time has come; false when the signal came first. */
async function sleptUntil(atMs: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    for (let left = atMs - clock.now(); left > 0; left = atMs - clock.now()) {
      await clock.sleep(Math.min(left, longestSleepMs), signal)
    }
    return !signal.aborted
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

/** `Sat 28 Nov 2026, 03:36 CET`. */
export function timeText(ms: number, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    ...(timeZone !== undefined && { timeZone }),
  }).format(ms)
}
