import { once } from 'node:events'
import { lstat, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { FootmanError, LockHeldError, messageOf, UserError } from '../../core/errors.ts'
import { errorCode, fileError } from '../../core/file-error.ts'
import { privateFolder } from '../../core/paths.ts'
import { isAnswered } from './is-answered.ts'
import { readLines, safeJson } from './lines.ts'
import {
  type AgentStatus,
  type ControlRequest,
  type ControlResponse,
  controlRequestSchema,
} from './protocol.ts'

/** Carries out a request, and answers with the state that it led to. A FootmanError reaches whoever asked. */
export type ControlHandler = (request: ControlRequest) => AgentStatus | Promise<AgentStatus>

export interface ControlServerOptions {
  socketPath: string
  handle: ControlHandler
  /** Closes the socket when it aborts. */
  signal?: AbortSignal
}

export interface ControlServer {
  /** Removes the socket and hangs up on everybody. Calling it again does nothing. */
  close(): Promise<void>
}

/** No command of ours is silent for so long. */
const idleMs = 30_000

/**
 * Answers this user's commands over a unix socket: mode 0600, in a folder that this user alone can open. A socket left by
 * a killed daemon is replaced. Throws LockHeldError when another daemon answers there; the caller's own lock keeps
 * two that start in the same instant apart.
 */
export async function serveControl(options: ControlServerOptions): Promise<ControlServer> {
  const { socketPath, handle, signal } = options
  signal?.throwIfAborted()
  await privateFolder(dirname(socketPath))
  await clear(socketPath)
  const guests = new Set<Socket>()
  const server = createServer((socket) => {
    guests.add(socket)
    socket.once('close', () => guests.delete(socket))
    serve(socket, handle)
  })
  await listen(server, socketPath)

  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= new Promise((resolve) => {
      signal?.removeEventListener('abort', close)
      for (const guest of guests) guest.destroySoon()
      server.close(() => resolve())
    })
    return closing
  }
  signal?.addEventListener('abort', close, { once: true })
  return { close }
}

/** Removes what a killed daemon left, and nothing else. */
async function clear(socketPath: string): Promise<void> {
  const found = await lstat(socketPath).catch(() => undefined)
  if (!found) return
  if (!found.isSocket()) {
    throw new UserError(`${socketPath} is in the way: it is no socket`, {
      hint: `move it away: mv ${socketPath} ${socketPath}.old`,
    })
  }
  if (await isAnswered(socketPath)) {
    throw new LockHeldError('a footman agent for this controller already runs here', {
      hint: 'look at it with `footman agent status`, or end it with `footman agent stop`',
    })
  }
  await rm(socketPath, { force: true })
}

async function listen(server: Server, socketPath: string): Promise<void> {
  const listening = once(server, 'listening')
  // The folder is closed to others already; the mode of the socket is the second lock on the same door.
  const umask = process.umask(0o177)
  server.listen(socketPath)
  process.umask(umask)
  try {
    await listening
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw fileError('open the socket', socketPath, error)
    throw new LockHeldError('another footman agent is starting here', { cause: error })
  }
}

function serve(socket: Socket, handle: ControlHandler): void {
  socket.setTimeout(idleMs, () => socket.destroy())
  // A client that went away while it was answered has nobody left to complain to.
  socket.on('error', () => socket.destroy())
  const answer = async (line: string) => {
    const response = await respond(line, handle)
    if (!socket.destroyed) socket.write(`${JSON.stringify(response)}\n`)
  }
  readLines(
    socket,
    (line) => void answer(line),
    () => socket.destroy(),
  )
}

async function respond(line: string, handle: ControlHandler): Promise<ControlResponse> {
  try {
    const request = controlRequestSchema.safeParse(safeJson(line))
    if (!request.success) {
      throw new UserError('this agent does not understand the command', {
        hint: 'footman was updated: restart the agent, so that both are of the same version',
      })
    }
    return { ok: true, status: await handle(request.data) }
  } catch (error) {
    const known = error instanceof FootmanError ? error : undefined
    const hint = known?.hint
    return {
      ok: false,
      error: {
        code: known?.code ?? 'failed',
        message: messageOf(error),
        ...(hint !== undefined && { hint }),
      },
    }
  }
}
