import { type ExitCode, exitCodes, FootmanError, messageOf } from './errors.ts'
import { type LogSink, paint } from './log.ts'

/** The sinks have to redact: an error may quote what must not be seen. */
export interface ReportOptions {
  /** stdout: under --json the error is the result. */
  out: LogSink
  /** stderr: where people read. */
  err: LogSink
  json: boolean
  verbose: boolean
}

/**
 * Tells of the error that ended a command, and returns the exit code that it calls for. People get what failed and what
 * to try next, under --verbose also what led there; programs get `{"error":{code,message,hint}}`.
 */
export function reportError(error: unknown, { out, err, json, verbose }: ReportOptions): ExitCode {
  const { code, message, hint, exitCode } = explain(error)
  if (json) out.write(`${JSON.stringify({ error: { code, message, hint } })}\n`)
  else err.write(`${paint(err, 'red', 'error:')} ${message}\n${hint ? `hint: ${hint}\n` : ''}`)
  if (verbose) err.write(origin(error))
  return exitCode
}

interface Explanation {
  code: string
  message: string
  hint: string | undefined
  exitCode: ExitCode
}

function explain(error: unknown): Explanation {
  if (error instanceof FootmanError) return error
  const errno = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  const cure = systemCures[errno]
  if (cure) return { code: 'system', message: messageOf(error), hint: cure, exitCode: exitCodes.failed }
  return {
    code: 'unexpected',
    message: `footman did not expect this: ${messageOf(error)}`,
    hint: 'the same command with --verbose shows where it comes from; please report it',
    exitCode: exitCodes.failed,
  }
}

/** What the system refuses is seldom footman's fault; it is said in the system's words, with what helps. */
const systemCures: Record<string, string> = {
  ENOSPC: 'free some space on that disk',
  EDQUOT: 'free some space: your quota is used up',
  EROFS: 'that disk is read-only; let XDG_STATE_HOME, XDG_CACHE_HOME or XDG_CONFIG_HOME name another',
  EACCES: 'check who owns that file, and its permissions',
  EPERM: 'check who owns that file, and its permissions',
  EMFILE: 'allow more open files: ulimit -n',
  ENFILE: 'the machine has no open files left; close some programs',
  ENOMEM: 'the machine has no memory left; close some programs',
}

/** The stack, and that of everything that led there. */
function origin(error: unknown): string {
  const lines: string[] = []
  for (let cause = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    const text = cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause)
    lines.push(lines.length === 0 ? text : `caused by: ${text}`)
    if (lines.length === 10) break
  }
  return `${lines.join('\n')}\n`
}
