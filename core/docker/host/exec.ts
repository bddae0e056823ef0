import { addAbortSignal, type Duplex } from 'node:stream'
import { systemClock } from '../../clock.ts'
import type { ContainerHost, ExecResult, ExecSpec } from '../../container-host.ts'
import { RemoteError, UserError } from '../../errors.ts'
import { collectOutput } from '../../output.ts'
import { formatDuration, formatSize } from '../../units.ts'
import { TooSlow, within } from '../within.ts'
import { execState, madeId } from './answers.ts'
import type { EngineApi } from './api.ts'
import { splitFrames } from './frames.ts'
import { containerPath, short } from './names.ts'
import { programStream } from './program-stream.ts'

const maxOutputBytes = 10 * 2 ** 20

/** Programs inside a running container. */
export function execCalls(api: EngineApi): Pick<ContainerHost, 'exec' | 'openExec'> {
  return {
    async exec(container, spec, signal) {
      const doing = `run ${spec.command[0]} in the container ${short(container)}`
      const ms = spec.timeoutMs ?? api.longMs
      try {
        return await within({ ms, signal }, (signal) => runToEnd({ api, container, doing, signal }, spec))
      } catch (error) {
        if (!(error instanceof TooSlow)) throw error
        throw new RemoteError('timeout', `cannot ${doing}: it took longer than ${formatDuration(ms)}`)
      }
    },

    async openExec(container, command, signal) {
      const doing = `run ${command[0]} in the container ${short(container)}`
      const run = { api, container, doing, signal }
      const { id, connection } = await begin(run, { command })
      return programStream(connection, {
        signal,
        ended: async ({ beginning, complaint }) => {
          const code = await exitCode(run, id)
          if (neverStarted(code, beginning)) throw cannotStart(doing, beginning)
          if (code === 0 || beginning) return
          throw new RemoteError(
            'unreachable',
            `cannot ${doing}: exit code ${code}${complaint && `: ${complaint}`}`,
          )
        },
      })
    },
  }
}

async function runToEnd(run: Run & { signal: AbortSignal }, spec: ExecSpec): Promise<ExecResult> {
  const { id, connection } = await begin(run, spec)
  const stdout = collectOutput(maxOutputBytes)
  const stderr = collectOutput(maxOutputBytes)
  const split = splitFrames((name, piece) => (name === 'stderr' ? stderr : stdout).push(piece))
  addAbortSignal(run.signal, connection)
  connection.end(spec.stdin ?? '')
  for await (const chunk of connection) split(chunk as Buffer)
  const code = await exitCode(run, id)
  const out = stdout.end()
  const result = { code, stdout: out.bytes.toString(), stderr: stderr.end().bytes.toString() }
  if (out.truncated) {
    throw new UserError(`cannot ${run.doing}: it printed more than ${formatSize(maxOutputBytes)}`)
  }
  if (neverStarted(code, result.stdout)) throw cannotStart(run.doing, result.stdout)
  return result
}

interface Run {
  api: EngineApi
  container: string
  doing: string
  signal: AbortSignal | undefined
}

async function begin(
  { api, container, doing, signal }: Run,
  { command, user, env }: ExecSpec,
): Promise<{ id: string; connection: Duplex }> {
  const body = {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    Cmd: [...command],
    ...(user !== undefined && { User: user }),
    ...(env && { Env: Object.entries(env).map(([key, value]) => `${key}=${value}`) }),
  }
  const path = `${containerPath(container)}/exec`
  const id = api.asker.read(madeId, await api.json({ doing, signal }, { method: 'POST', path, body }))
  const connection = await api.hijack(
    { doing, signal },
    { method: 'POST', path: `/exec/${id}/start`, body: { Detach: false, Tty: false } },
  )
  return { id, connection }
}

async function exitCode({ api, doing, signal }: Run, id: string): Promise<number> {
  // The connection may end a moment before the engine has noted how the program did.
  for (;;) {
    const answer = await api.json({ doing, signal }, { method: 'GET', path: `/exec/${id}/json` })
    const { Running, ExitCode } = api.asker.read(execState, answer)
    if (!Running && typeof ExitCode === 'number') return ExitCode
    await systemClock.sleep(20, signal)
  }
}

/** Too late for a status, the engine says in place of the program that it cannot start it. */
function neverStarted(code: number, beginning: string): boolean {
  return (code === 126 || code === 127) && /^OCI runtime exec failed/.test(beginning)
}

function cannotStart(doing: string, words: string): UserError | RemoteError {
  const message = `cannot ${doing}: ${words.trim()}`
  if (/not found|no such file|permission denied/i.test(words)) {
    return new UserError(message, { hint: 'the image lacks this program: choose another image' })
  }
  return new RemoteError('conflict', message, { hint: 'docker ps shows whether the container runs' })
}
