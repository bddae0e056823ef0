import { connect } from 'node:net'
import { deadline } from '../../core/clock.ts'
import { type FootmanError, messageOf, RemoteError, UserError } from '../../core/errors.ts'
import { errorCode } from '../../core/file-error.ts'
import { readLines, safeJson } from './lines.ts'
import { type AgentStatus, type ControlRequest, controlResponseSchema } from './protocol.ts'

export interface CallOptions {
  /** Default 5 s: the daemon answers between two steps, never after one. */
  timeoutMs?: number
  signal?: AbortSignal
}

/**
 * Sends a request to the daemon of this machine, and returns the state that it led to. Throws RemoteError `unreachable` when no
 * daemon runs, `timeout` when it does not answer, `broken` when it speaks another language; UserError when it refuses.
 */
export async function callControl(
  socketPath: string,
  request: ControlRequest,
  options: CallOptions = {},
): Promise<AgentStatus> {
  const { timeoutMs = 5_000, signal } = options
  const line = await exchange(socketPath, JSON.stringify(request), deadline(timeoutMs, signal)).catch(
    (error: unknown) => {
      signal?.throwIfAborted()
      throw translate(error, timeoutMs)
    },
  )
  const response = controlResponseSchema.safeParse(safeJson(line))
  if (!response.success) {
    throw new RemoteError(
      'broken',
      'the running agent answers in a way that this command does not understand',
      {
        hint: 'footman was updated: restart the agent, so that both are of the same version',
        cause: response.error,
      },
    )
  }
  if (response.data.ok) return response.data.status
  const { message, hint } = response.data.error
  throw new UserError(message, hint === undefined ? {} : { hint })
}

function exchange(socketPath: string, request: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
      settle()
    }
    const abort = () => end(() => reject(signal.reason))
    const fail = (error: unknown) => end(() => reject(error))
    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', fail)
    socket.once('close', () => fail(new RemoteError('broken', 'the agent ended before it answered')))
    socket.once('connect', () => socket.write(`${request}\n`))
    readLines(
      socket,
      (line) => end(() => resolve(line)),
      () => fail(new RemoteError('broken', 'the agent answers without an end')),
    )
  })
}

function translate(cause: unknown, timeoutMs: number): FootmanError {
  if (cause instanceof RemoteError) return cause
  const code = errorCode(cause) ?? ''
  if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(code)) {
    return new RemoteError('unreachable', 'no footman agent is running here', {
      hint: 'start it with `footman agent run`',
      cause,
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new RemoteError('forbidden', 'the footman agent that runs here belongs to another user', {
      hint: 'give the command as that user',
      cause,
    })
  }
  if (cause instanceof DOMException && cause.name === 'TimeoutError') {
    return new RemoteError('timeout', `the agent runs but did not answer within ${timeoutMs / 1000} s`, {
      hint: 'try again; if it stays like that, end its process and start it anew: it tidies up by itself',
      cause,
    })
  }
  return new RemoteError('broken', `the agent cannot be asked: ${messageOf(cause)}`, { cause })
}
