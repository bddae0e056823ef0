import type { Readable } from 'node:stream'
import type { CommandContext } from './command.ts'
import { parseCommandLine, type Request } from './command-line.ts'
import { ConfigError, type ExitCode, exitCodes } from './errors.ts'
import { isInterruption, type SignalSource, watchSignals } from './interruption.ts'
import { createLog, type LogLevel, type LogSink } from './log.ts'
import type { GlobalOptions, ProgramSpec } from './program-spec.ts'
import { reportError } from './report.ts'
import { redact } from './secret.ts'

/** The process around a program. Tests pass their own, so that nothing leaves the test. */
export interface Host {
  argv: readonly string[]
  env: NodeJS.ProcessEnv
  cwd: string
  stdin: Readable & { isTTY?: boolean }
  stdout: LogSink
  stderr: LogSink
  signals: SignalSource
}

/**
 * Runs one command line to its end and returns the exit code; never leaves the process itself. The first SIGINT or
 * SIGTERM aborts the command's signal; on the second this returns at once, with the command still under way.
 */
export async function runProgram(spec: ProgramSpec, host: Host): Promise<ExitCode> {
  const plain = host.argv.includes('--no-color')
  const out = sink(host.stdout, host.env, plain)
  const err = sink(host.stderr, host.env, plain)
  const verbose = host.argv.includes('--verbose')
  const json = host.argv.includes('--json')
  try {
    const request = await parseCommandLine(spec, host.argv)
    if (request.kind === 'run') return await runCommand(request, { host, out, err })
    const { text, stream, exitCode } = request
    ;(stream === 'out' ? out : err).write(text)
    return exitCode
  } catch (error) {
    return reportError(error, { out, err, json, verbose })
  }
}

async function runCommand(
  { command, given, global }: Request & { kind: 'run' },
  { host, out, err }: { host: Host; out: LogSink; err: LogSink },
): Promise<ExitCode> {
  const log = createLog({
    sink: err,
    timestamps: command.longRunning === true,
    ...logStyle(global, host.env),
  })
  const interruption = watchSignals(host.signals, ({ message }) =>
    log.warn(`${message}: finishing what should not be left half done; once more leaves at once`),
  )
  const { signal, atOnce } = interruption
  const { env, cwd, stdin } = host
  const { json, dryRun, config } = global
  const context: CommandContext = { log, out, env, cwd, stdin, signal, json, dryRun, configPath: config }
  try {
    const code = await Promise.race([atOnce, command.run(context, given)])
    return code ?? interruption.exitCode() ?? exitCodes.ok
  } catch (error) {
    const code = interruption.exitCode()
    if (code !== undefined && isInterruption(error, signal)) return code
    throw error
  } finally {
    interruption.dispose()
  }
}

/** Colours only where somebody sees them and did not ask for none; secrets nowhere. */
function sink(stream: LogSink, env: NodeJS.ProcessEnv, plain: boolean): LogSink {
  const isPlain = plain || Boolean(env.NO_COLOR) || env.TERM === 'dumb'
  return { write: (text) => stream.write(redact(text)), isTTY: stream.isTTY === true && !isPlain }
}

const levels: Record<string, LogLevel> = { debug: 'debug', info: 'info', warn: 'warn', error: 'error' }

/** How much is said and in which form: the command line first, then FOOTMAN_LOG_LEVEL and FOOTMAN_LOG_FORMAT. */
function logStyle(
  { quiet, verbose }: GlobalOptions,
  env: NodeJS.ProcessEnv,
): { level: LogLevel; json: boolean } {
  const { FOOTMAN_LOG_LEVEL: wanted = 'info', FOOTMAN_LOG_FORMAT: format = 'words' } = env
  const level = levels[wanted]
  if (!level || !['words', 'json'].includes(format)) {
    throw new ConfigError(`FOOTMAN_LOG_LEVEL or FOOTMAN_LOG_FORMAT has a value that footman does not know`, {
      hint: `levels are ${Object.keys(levels).join(', ')}; formats are words and json`,
    })
  }
  return { level: verbose ? 'debug' : quiet ? 'warn' : level, json: format === 'json' }
}
