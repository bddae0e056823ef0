import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as delay, setImmediate as nextRound } from 'node:timers/promises'
import { type CommandResult, defaultMaxOutputBytes, describeFailure, nameCommand } from './command-result.ts'
import { messageOf, UserError } from './errors.ts'
import { errorCode } from './file-error.ts'
import { collectOutput, type Output } from './output.ts'
import { formatSize } from './units.ts'

export interface RunOptions {
  /** The command is ended when it takes longer, in ms. */
  timeoutMs: number
  /** Time between SIGTERM and SIGKILL, in ms. Default 5,000. */
  graceMs?: number
  cwd?: string
  /** The whole environment of the command. Default: our own. */
  env?: NodeJS.ProcessEnv
  /** What the command reads on standard input. Default: nothing. */
  input?: string | Uint8Array
  signal?: AbortSignal | undefined
  /** Of each stream, the last this many bytes are kept. Default 10 MiB. */
  maxOutputBytes?: number
  /** Told each line as it comes. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void
}

/**
 * Runs a program with its arguments: no shell is involved. It gets a process group of its own; on timeout or abort the
 * whole group is asked to end, and killed after the grace. How it ended is the result, whether good or bad.
 * Rejects with the signal's reason on abort (after the group is gone) and with UserError when nothing could be started.
 */
export async function run(words: readonly string[], options: RunOptions): Promise<CommandResult> {
  options.signal?.throwIfAborted()
  const startedAt = performance.now()
  const child = start(words, options)
  const stdout = collect(child, 'stdout', options)
  const stderr = collect(child, 'stderr', options)
  const ending = await supervise(child, options, () => stdout.bytesSeen() + stderr.bytesSeen())
  options.signal?.throwIfAborted()
  const out = stdout.end()
  const err = stderr.end()
  return {
    exitCode: ending.exitCode,
    signal: ending.signal,
    stdout: out.bytes.toString(),
    stderr: ending.refusal ? complaint(words, ending.refusal) : err.bytes.toString(),
    truncated: out.truncated || err.truncated,
    timedOut: ending.timedOut,
    durationMs: performance.now() - startedAt,
  }
}

/**
 * Like `run`, for commands that must succeed: anything but exit code 0 is a UserError that quotes the last lines of
 * stderr, registered secrets removed. `hint` replaces the general one.
 */
export async function runOrThrow(
  words: readonly string[],
  options: RunOptions & { hint?: string },
): Promise<CommandResult> {
  const result = await run(words, options)
  const failure = describeFailure(words, result)
  if (failure) {
    const isMissing = result.stderr === complaint(words, 'not found')
    const cure = isMissing
      ? cureForMissing(words[0] ?? '')
      : 'run the command by hand to see all that it says'
    throw new UserError(failure, { hint: options.hint ?? cure })
  }
  if (result.truncated && !options.onLine) {
    const limit = formatSize(options.maxOutputBytes ?? defaultMaxOutputBytes)
    throw new UserError(`${nameCommand(words)} printed more than ${limit}`)
  }
  return result
}

function start(words: readonly string[], options: RunOptions): ChildProcess {
  const [program, ...args] = words
  const { cwd, env = process.env, input } = options
  if (!program) throw new UserError('there is no command to run')
  // For a missing folder Node would say that the program is missing.
  if (cwd !== undefined && !existsSync(cwd)) {
    throw new UserError(`cannot run ${nameCommand(words)} in ${cwd}: there is no such folder`, {
      hint: `mkdir -p ${cwd}, or name another folder`,
    })
  }
  try {
    const child = spawn(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    })
    // A program may end without reading all of its input: its exit code says whether that is bad.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
    return child
  } catch (error) {
    throw cannotStart(error)
  }
}

function cannotStart(cause: unknown): UserError {
  return new UserError(`cannot start the command: ${messageOf(cause)}`, {
    hint: 'look at its arguments: one is too long, or holds a character that no program can be given',
    cause,
  })
}

function collect(child: ChildProcess, name: 'stdout' | 'stderr', options: RunOptions): Output {
  const { onLine, maxOutputBytes = defaultMaxOutputBytes } = options
  const output = collectOutput(maxOutputBytes, onLine && ((line) => onLine(line, name)))
  child[name]?.on('data', output.push)
  return output
}

interface Ending {
  exitCode: number | null
  signal: string | null
  timedOut: boolean
  /** Why the system would not start it. */
  refusal?: string
}

/** Waits until the command and its output are over, or makes them so. */
async function supervise(child: ChildProcess, options: RunOptions, bytesSeen: () => number): Promise<Ending> {
  const { timeoutMs, graceMs = 5000, signal: abort } = options
  let timedOut = false
  let ended: Promise<void> | undefined
  const end = () => {
    ended ??= endGroup(child, graceMs)
  }
  const onTimeout = () => {
    timedOut = true
    end()
  }
  // A longer timer than 2^31 - 1 ms would fire at once.
  const timer = setTimeout(onTimeout, Math.min(timeoutMs, 2 ** 31 - 1))
  abort?.addEventListener('abort', end, { once: true })
  try {
    const closed = new Promise<'closed'>((resolve) => child.once('close', () => resolve('closed')))
    const [exitCode, signal] = await once(child, 'exit')
    await drain(child, closed, bytesSeen)
    await ended
    return { exitCode, signal, timedOut }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return refused(127, 'not found')
    if (errorCode(error) === 'EACCES') return refused(126, 'permission denied')
    throw cannotStart(error)
  } finally {
    clearTimeout(timer)
    abort?.removeEventListener('abort', end)
  }
}

/** What a shell makes of a program that it cannot start. */
function refused(exitCode: number, refusal: string): Ending {
  return { exitCode, signal: null, timedOut: false, refusal }
}

function complaint(words: readonly string[], refusal: string): string {
  return `${words[0]}: ${refusal}\n`
}

/**
 * Waits for the rest of the output. A process left in the background may hold the pipes open for ever: once the
 * command itself is gone and the pipes have been silent for a while, nobody listens any more.
 */
async function drain(child: ChildProcess, closed: Promise<'closed'>, bytesSeen: () => number): Promise<void> {
  for (let before = -1; before !== bytesSeen(); ) {
    before = bytesSeen()
    if ((await Promise.race([closed, delay(500, undefined, { ref: false })])) === 'closed') return
    // After a busy spell the timer is served before the pipes: give them their turn.
    await nextRound()
  }
  child.stdout?.destroy()
  child.stderr?.destroy()
}

/** SIGTERM to the whole group, SIGKILL to what is left of it after the grace. */
async function endGroup(child: ChildProcess, graceMs: number): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  signalGroup(pid, 'SIGTERM')
  const killAt = performance.now() + graceMs
  while (signalGroup(pid, 0) && performance.now() < killAt) await delay(10)
  signalGroup(pid, 'SIGKILL')
}

/** Whether there was anybody to take the signal. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

/** Debian's name of the package, where it differs from the program's. */
const packages: Record<string, string> = {
  docker: 'docker.io',
  ip: 'iproute2',
  java: 'default-jre-headless',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  tc: 'iproute2',
}

function cureForMissing(program: string): string {
  if (program.includes('/')) return `check the path ${program}`
  return `install it (on Debian: apt-get install ${packages[program] ?? program}) or put it on the PATH`
}
