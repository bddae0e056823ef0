/** Exit codes of the one binary. Scripts rely on them: they never change their meaning. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  remote: 3,
  lockHeld: 4,
  drift: 5,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export interface ErrorDetails {
  /** The next command or setting that the person should try. One sentence, no full stop needed. */
  hint?: string
  /** The error that led here; shown under --verbose. */
  cause?: unknown
}

/** The base of every error that footman throws on purpose. Anything else that surfaces is a bug. */
export class FootmanError extends Error {
  readonly hint: string | undefined
  readonly exitCode: ExitCode
  /** A short machine-readable word for `--json`, e.g. `remote`. */
  readonly code: string

  constructor(code: string, exitCode: ExitCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.exitCode = exitCode
    this.hint = details.hint
  }
}

/** The person asked for something that cannot be done as asked. */
export class UserError extends FootmanError {
  constructor(message: string, details: ErrorDetails & { exitCode?: ExitCode } = {}) {
    super('user', details.exitCode ?? exitCodes.failed, message, details)
  }
}

/** A configuration file, variable or flag is wrong. The message names file, line and path. */
export class ConfigError extends FootmanError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('config', exitCodes.usage, message, details)
  }
}

/** What a remote's refusal means for whoever decides to try again. */
export type RemoteFailure =
  | 'unreachable' // no answer at all: refused, reset, DNS, TLS
  | 'timeout' // no answer before the deadline
  | 'booting' // it answers, but says that it is starting or going down
  | 'unauthenticated' // our credentials were not accepted
  | 'forbidden' // we are known but may not do this
  | 'not-found'
  | 'conflict' // the name is taken, or the state does not allow it
  | 'rejected' // any other refusal of the request itself
  | 'broken' // an answer that we cannot understand, or a fault on the far side

/** Something outside this process refused, failed or did not answer. */
export class RemoteError extends FootmanError {
  readonly failure: RemoteFailure
  /** HTTP status or similar, when there was an answer. */
  readonly status: number | undefined
  /** The permission that the remote says is missing, in the remote's own words. */
  readonly permission: string | undefined

  constructor(
    failure: RemoteFailure,
    message: string,
    details: ErrorDetails & { status?: number; permission?: string } = {},
  ) {
    super('remote', exitCodes.remote, message, details)
    this.failure = failure
    this.status = details.status
    this.permission = details.permission
  }
}

/** Another process holds the lock that this command needs. */
export class LockHeldError extends FootmanError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('lock-held', exitCodes.lockHeld, message, details)
  }
}

/** Whether trying the same again later may succeed without anybody changing anything. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof RemoteError && ['unreachable', 'timeout', 'booting', 'broken'].includes(error.failure)
  )
}

/** The message of anything that was thrown, for wrapping into one of our own errors. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Anything that was thrown as one line for people: its message, and the cure in brackets where it brings one. */
export function inWords(error: unknown): string {
  const hint = error instanceof FootmanError && error.hint ? ` (${error.hint})` : ''
  return `${messageOf(error)}${hint}`
}
