import { type ExitCode, exitCodes, FootmanError } from './errors.ts'

/** The part of `process` that tells of signals. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
}

/** Why work ended early: somebody asked for it. */
export class Interrupted extends FootmanError {
  constructor(signal: 'SIGINT' | 'SIGTERM') {
    const exitCode = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated
    super('interrupted', exitCode, `stopped by ${signal}`)
  }
}

export interface Interruption {
  /** Aborts on the first signal; the reason is an `Interrupted`. */
  signal: AbortSignal
  /** The exit code of the first signal; undefined before it. */
  exitCode(): ExitCode | undefined
  /** Resolves on the second signal with the exit code to leave with, whatever is still under way. */
  atOnce: Promise<ExitCode>
  /** Listens no more. */
  dispose(): void
}

/** Listens for SIGINT and SIGTERM: the first asks to stop, the second insists. `onFirst` is told of the first. */
export function watchSignals(source: SignalSource, onFirst: (reason: Interrupted) => void): Interruption {
  const controller = new AbortController()
  let first: Interrupted | undefined
  let insist: (code: ExitCode) => void = () => {}
  const atOnce = new Promise<ExitCode>((resolve) => {
    insist = resolve
  })
  const listener = (signal: 'SIGINT' | 'SIGTERM') => () => {
    const reason = new Interrupted(signal)
    if (first) return insist(reason.exitCode)
    first = reason
    onFirst(reason)
    controller.abort(reason)
  }
  const onInt = listener('SIGINT')
  const onTerm = listener('SIGTERM')
  source.on('SIGINT', onInt)
  source.on('SIGTERM', onTerm)
  return {
    signal: controller.signal,
    exitCode: () => first?.exitCode,
    atOnce,
    dispose: () => {
      source.off('SIGINT', onInt)
      source.off('SIGTERM', onTerm)
    },
  }
}

/** Whether an error only says that the signal aborted, however deep it is wrapped. */
export function isInterruption(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause === signal.reason || cause.name === 'AbortError') return true
  }
  return false
}
