import { type BuildRun, type Mishap, say } from './build-run.ts'
import type { Progress, StepRecord } from './progress.ts'
import type { Place } from './workspaces.ts'

/** Where in a Pipeline we are. */
export interface Scope {
  run: BuildRun
  path: string
  progress: Progress
  record: StepRecord
  /** False for a step that had begun before the controller restarted. */
  isNew: boolean
  /** Aborts with a Mishap: somebody pressed stop, or the node is gone for good. */
  signal: AbortSignal
  /** The node block around us. */
  place: Place | undefined
  /** Node blocks that are still on their way back after a restart of the controller. */
  returning: { count: number }
}

export function failure(message: string): Mishap {
  return { result: 'FAILURE', text: `ERROR: ${message}` }
}

export function sayResuming(run: BuildRun): void {
  say(run, `Resuming build at ${javaDate(run.host.clock.now())} after Jenkins restart`)
}

/** Jenkins says it once everything that the program holds is there again. */
export function sayReadyWhenBack(run: BuildRun, returning: { count: number }): void {
  if (returning.count === 0) say(run, `Ready to run at ${javaDate(run.host.clock.now())}`)
}

/** As Java prints a Date: `Tue Nov 24 14:05:09 UTC 2026`. */
function javaDate(ms: number): string {
  const [weekday, day, month, year, time] = new Date(ms).toUTCString().replace(',', '').split(' ')
  return `${weekday} ${month} ${day} ${time} UTC ${year}`
}
