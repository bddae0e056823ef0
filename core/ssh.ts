import { setTimeout as delay, setImmediate as nextRound } from 'node:timers/promises'
import { Client, type ClientChannel, type ServerHostKeyAlgorithm } from 'ssh2'
import { deadline } from './clock.ts'
import type { CommandResult } from './command-result.ts'
import { messageOf, RemoteError } from './errors.ts'
import { quoteShell } from './quote.ts'
import type { Secret } from './secret.ts'
import { remoteCommand, remoteKill } from './ssh-command.ts'
import {
  connectFailure,
  connectionLost,
  type SshDestination,
  timeoutFailure,
  wrongHostKey,
} from './ssh-failure.ts'
import { putRemoteFile, type RawResult, readRemoteFile, type SshFileOptions } from './ssh-files.ts'
import { parseHostKeyPins } from './ssh-host-key.ts'
import { type SshStream, streamOf } from './ssh-stream.ts'
import { closing, converse, type Talk, type TalkOptions } from './ssh-talk.ts'

export interface SshOptions {
  host: string
  /** Default 22. */
  port?: number
  user: string
  identity: { privateKey: Secret } | { agentSocket: string }
  /** The key that the host may show, or several of which it may show any: `ssh-ed25519 AAAA…` or `SHA256:…`. */
  hostKey: string | readonly string[]
  /** Deadline for everything until commands can be run, in ms. */
  timeoutMs: number
  /** Pause between signs of life, in ms; three that go unanswered end the connection. Default 15,000. */
  keepaliveMs?: number
  signal?: AbortSignal | undefined
}

export interface SshRunOptions extends TalkOptions {
  /** The command is ended when it takes longer, in ms. */
  timeoutMs: number
  /** Time between SIGTERM and SIGKILL, in ms. Default 5,000. */
  graceMs?: number
  signal?: AbortSignal | undefined
}

export interface SshConnection {
  /**
   * Runs words as they are, or a text as a script of /bin/sh. How it ended is the result, whether good or bad.
   * Throws RemoteError when the connection is lost or the host refuses; rejects with the signal's reason on abort.
   */
  run(command: readonly string[] | string, options: SshRunOptions): Promise<CommandResult>
  /** Replaces a file as a whole. The mode is 0o600 unless given. Throws RemoteError; then the old file is untouched. */
  putFile(
    path: string,
    content: string | Uint8Array,
    options: SshFileOptions & { mode?: number },
  ): Promise<void>
  /** The content of a file, or undefined when there is none. Throws RemoteError. */
  readFile(path: string, options: SshFileOptions): Promise<Buffer | undefined>
  /**
   * Starts words that go on talking. `timeoutMs` counts until they have begun. Throws RemoteError when the connection is lost or
   * the host refuses.
   */
  stream(command: readonly string[], options: SshFileOptions): Promise<SshStream>
  /** Resolves when the connection is gone, for whatever reason. */
  closed: Promise<void>
  close(): Promise<void>
}

/**
 * Connects to a host that shows the pinned key, and to no other.
 * Throws ConfigError for a bad pin, UserError for a bad private key or agent, and RemoteError: `forbidden` for the
 * wrong host key, `unauthenticated` when we are not let in, `unreachable` and `timeout` when nobody answers.
 */
export async function connectSsh(options: SshOptions): Promise<SshConnection> {
  const { host, port = 22, user } = options
  const to = { host, port, user }
  const client = new Client()
  const line: Line = { client, to, isClosed: false, cause: undefined }
  // Without a listener an error would end the process.
  client.on('error', (error) => {
    line.cause ??= error
  })
  const closed = closing(client).then(() => {
    line.isClosed = true
  })
  await open(line, options)
  return {
    run: async (command, runOptions) => {
      const result = await exec(line, command, runOptions)
      return { ...result, stdout: result.stdout.toString() }
    },
    putFile: (path, content, fileOptions) =>
      putRemoteFile({ exec: (words, how) => exec(line, words, how), to }, path, { ...fileOptions, content }),
    readFile: (path, fileOptions) =>
      readRemoteFile({ exec: (words, how) => exec(line, words, how), to }, path, fileOptions),
    stream: (command, streamOptions) => stream(line, command, streamOptions),
    closed,
    close: () => close(line),
  }
}

interface Line {
  client: Client
  to: SshDestination
  isClosed: boolean
  /** The first thing that went wrong. */
  cause: unknown
}

async function open({ client, to }: Line, options: SshOptions): Promise<void> {
  const { signal, identity, keepaliveMs = 15_000, timeoutMs } = options
  signal?.throwIfAborted()
  const pin = parseHostKeyPins([options.hostKey].flat())
  let wrongKey: Buffer | undefined
  const limit = deadline(timeoutMs, signal)
  try {
    await new Promise<void>((resolve, reject) => {
      limit.addEventListener('abort', () => reject(limit.reason), { once: true })
      // Small packets go back and forth: waiting to fill one would cost 40 ms each time.
      client.once('connect', () => client.setNoDelay(true))
      client.once('ready', resolve)
      client.once('error', reject)
      client.once('close', () => reject(new Error('the connection was closed')))
      client.connect({
        host: to.host,
        port: to.port,
        username: to.user,
        ...('privateKey' in identity
          ? { privateKey: identity.privateKey.reveal() }
          : { agent: identity.agentSocket }),
        ...(pin.algorithms
          ? { algorithms: { serverHostKey: pin.algorithms as ServerHostKeyAlgorithm[] } }
          : {}),
        hostVerifier: (key: Buffer) => {
          if (!pin.accepts(key)) wrongKey = key
          return wrongKey === undefined
        },
        // Our own deadline counts, which includes the look-up of the name.
        readyTimeout: 0,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: 3,
      })
    })
  } catch (error) {
    client.destroy()
    signal?.throwIfAborted()
    if (wrongKey) throw wrongHostKey(to, wrongKey, error)
    throw limit.aborted ? timeoutFailure(to, error) : connectFailure(to, error)
  }
}

async function exec(
  line: Line,
  command: readonly string[] | string,
  options: SshRunOptions,
): Promise<RawResult> {
  const { timeoutMs, graceMs = 5000, signal } = options
  signal?.throwIfAborted()
  const startedAt = performance.now()
  const limit = deadline(timeoutMs, signal)
  const talk = await begin(line, command, options, limit)
  await Promise.race([talk.closed, aborted(limit)])
  const timedOut = !talk.isClosed
  if (timedOut) await endRemotely(line, talk, graceMs)
  const { stdout, stderr } = talk.output()
  signal?.throwIfAborted()
  if (!talk.exit && !timedOut) throw await failure(line, new Error('the command ended without an exit code'))
  return {
    exitCode: talk.exit?.exitCode ?? null,
    signal: talk.exit?.signal ?? null,
    stdout: stdout.bytes,
    stderr: stderr.bytes.toString(),
    truncated: stdout.truncated || stderr.truncated,
    timedOut,
    durationMs: performance.now() - startedAt,
  }
}

function begin(
  line: Line,
  command: readonly string[] | string,
  options: SshRunOptions,
  limit: AbortSignal,
): Promise<Talk> {
  return openChannel(line, remoteCommand(command), {
    signal: options.signal,
    limit,
    use: (channel) => converse(channel, options),
  })
}

function stream(line: Line, command: readonly string[], options: SshFileOptions): Promise<SshStream> {
  const { timeoutMs, signal } = options
  signal?.throwIfAborted()
  const limit = deadline(timeoutMs, signal)
  return openChannel(line, quoteShell(command), { signal, limit, use: streamOf })
}

interface ChannelUse<T> {
  signal: AbortSignal | undefined
  limit: AbortSignal
  /** Called at once: the exit code may come in the same packet. */
  use(channel: ClientChannel): T
}

async function openChannel<T>(line: Line, text: string, { signal, limit, use }: ChannelUse<T>): Promise<T> {
  try {
    return await new Promise<T>((resolve, reject) => {
      const giveUp = () => reject(limit.reason)
      limit.addEventListener('abort', giveUp, { once: true })
      line.client.exec(text, (error, channel) => {
        limit.removeEventListener('abort', giveUp)
        if (error) reject(error)
        else if (limit.aborted) channel.close()
        else resolve(use(channel))
      })
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw limit.aborted ? timeoutFailure(line.to, error) : await failure(line, error)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Closing the channel alone would leave the command running. */
async function endRemotely(line: Line, talk: Talk, graceMs: number): Promise<void> {
  const kill = (signal: 'TERM' | 'KILL') =>
    talk.processId.then((id) => sendSignal(line, talk, remoteKill(signal, id)))
  void kill('TERM')
  if (await within(graceMs, talk.closed)) return
  void kill('KILL')
  if (await within(1000, talk.closed)) return
  talk.channel.close()
}

/** Whether it works shows in the command itself. */
function sendSignal({ client }: Line, talk: Talk, command: string): void {
  if (talk.isClosed) return
  try {
    client.exec(command, (_error, channel) => channel?.resume().stderr.resume())
  } catch {
    // Not connected any more: the command will hear of that too.
  }
}

/** Whether it came in time. */
async function within(ms: number, event: Promise<void>): Promise<boolean> {
  const timer = new AbortController()
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false)
  const inTime = await Promise.race([event.then(() => true), late])
  timer.abort()
  return inTime
}

/** Channels hear of a lost connection before the connection itself has said so. */
async function failure(line: Line, cause: unknown): Promise<RemoteError> {
  await nextRound()
  const { host, port, user } = line.to
  if (line.isClosed || line.cause !== undefined) return connectionLost(line.to, line.cause)
  return new RemoteError('rejected', `${host}:${port} does not run the command: ${messageOf(cause)}`, {
    hint: `check what ${user} may do there, and how many sessions sshd allows (MaxSessions)`,
    cause,
  })
}

async function close(line: Line): Promise<void> {
  if (line.isClosed) return
  const closed = closing(line.client)
  line.client.end()
  if (!(await within(1000, closed))) line.client.destroy()
}
