import { quoteShell } from './quote.ts'
import { redact } from './secret.ts'
import { formatDuration } from './units.ts'

/** How a command ended: the same shape for success, failure and timeout, here and over SSH. */
export interface CommandResult {
  /** 127 when the program does not exist, 126 when it may not be run; null when a signal ended it. */
  exitCode: number | null
  /** e.g. `SIGKILL` */
  signal: string | null
  stdout: string
  stderr: string
  /** There was more output than was asked for, and its beginning is lost. */
  truncated: boolean
  timedOut: boolean
  durationMs: number
}

/** Of each stream, this much is kept unless the caller says otherwise. */
export const defaultMaxOutputBytes = 10 * 2 ** 20

const quotedLines = 10

/** What went wrong: the command, how it ended and the last lines of stderr, without secrets; undefined when all is well. */
export function describeFailure(
  command: readonly string[] | string,
  result: Omit<CommandResult, 'stdout'>,
): string | undefined {
  const how = howItFailed(result)
  if (!how) return undefined
  const tail = result.stderr.trim().split('\n').slice(-quotedLines).join('\n')
  return redact(`${nameCommand(command)} ${how}${tail && `: ${tail}`}`)
}

/** A command as messages show it: quoted, without secrets, not too long. */
export function nameCommand(command: readonly string[] | string): string {
  const text = redact(typeof command === 'string' ? command.trim() : quoteShell(command))
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}

function howItFailed(result: Omit<CommandResult, 'stdout'>): string | undefined {
  if (result.timedOut) return `was stopped after ${formatDuration(result.durationMs)}`
  if (result.signal) return `was ended by ${result.signal}`
  return result.exitCode === 0 ? undefined : `failed with exit code ${result.exitCode}`
}
