import type { Build, BuildResult, RunnerHost } from '../contract.ts'
import type { Workspaces } from './workspaces.ts'

/** How a step or build ended that did not simply succeed. `text` is printed at the end of the console. */
export interface Mishap {
  result: Exclude<BuildResult, 'SUCCESS' | 'UNSTABLE'>
  text: string
}

export interface RunTiming {
  /** A Pipeline is aborted when its node has been deleted for this long, in ms. Jenkins: 5 minutes. */
  nodeGoneMs: number
  /** A waiting node step explains itself after this long, in ms. Jenkins: 15 seconds. */
  explainAfterMs: number
  /** How long an interrupted process may take to end, in ms. */
  interruptMs: number
}

export const defaultTiming: RunTiming = { nodeGoneMs: 300_000, explainAfterMs: 15_000, interruptMs: 20_000 }

/** One build while it runs, in one life of the controller. */
export interface BuildRun {
  host: RunnerHost
  build: Build
  workspaces: Workspaces
  timing: RunTiming
  /** Aborts when somebody presses stop; the reason is a Mishap. */
  stop: AbortSignal
  /** Aborts when the controller goes down. From then on the run does nothing, and its promises stay open for ever. */
  suspended: AbortSignal
}

export function say(run: BuildRun, ...lines: string[]): void {
  run.host.print(run.build, lines.map((line) => `${line}\n`).join(''))
}

/**
 * A promise for something that listeners will tell; `listen` returns how to stop listening. When the controller
 * goes down first, listening stops and the promise never settles: the next boot takes up the build from its progress.
 */
export async function until<T>(
  run: BuildRun,
  listen: (resolve: (value: T) => void) => () => void,
): Promise<T> {
  let stopListening = () => {}
  const onSuspension = () => stopListening()
  run.suspended.addEventListener('abort', onSuspension, { once: true })
  const value = await new Promise<T>((resolve) => {
    stopListening = listen(resolve)
  })
  stopListening()
  run.suspended.removeEventListener('abort', onSuspension)
  if (run.suspended.aborted) await new Promise(() => {})
  return value
}

/** Calls back after `ms`; returns how to prevent it. */
export function later(run: BuildRun, ms: number, callBack: () => void): () => void {
  const cancel = new AbortController()
  run.host.clock.sleep(ms, cancel.signal).then(callBack, () => {})
  return () => cancel.abort()
}

/** Calls back at once or as soon as the signal aborts, with its reason; returns how to stop waiting for that. */
export function onAbort(signal: AbortSignal, callBack: (reason: Mishap) => void): () => void {
  const listener = () => callBack(signal.reason)
  if (signal.aborted) listener()
  else signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}
