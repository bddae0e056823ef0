import type { EventEmitter } from 'node:events'
import type { Duplex, Readable } from 'node:stream'
import { defaultMaxOutputBytes } from './command-result.ts'
import { collectOutput } from './output.ts'
import { filterProcessId } from './ssh-command.ts'

export interface TalkOptions {
  /** What the command reads on standard input; secrets go here, never into the command. Default: nothing. */
  input?: string | Uint8Array
  /** Of each stream, the last this many bytes are kept. Default 10 MiB. */
  maxOutputBytes?: number
  /** Told each line as it comes. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void
}

/** What we need of the channel of ssh2. */
export type RemoteChannel = Duplex & { stderr: Readable; close(): void }

/** A command on the other side, as it runs. */
export interface Talk {
  channel: RemoteChannel
  closed: Promise<void>
  isClosed: boolean
  exit: { exitCode: number | null; signal: string | null } | undefined
  processId: Promise<number>
  /** What was said; call once, at the end. */
  output(): Record<'stdout' | 'stderr', { bytes: Buffer; truncated: boolean }>
}

/** Listens to everything at once: what is missed here is lost, exit code included. */
export function converse(channel: RemoteChannel, options: TalkOptions): Talk {
  const { maxOutputBytes = defaultMaxOutputBytes, onLine, input } = options
  const stdout = collectOutput(maxOutputBytes, onLine && ((text) => onLine(text, 'stdout')))
  const stderr = collectOutput(maxOutputBytes, onLine && ((text) => onLine(text, 'stderr')))
  const filter = filterProcessId(stderr.push)
  channel.on('data', stdout.push)
  channel.stderr.on('data', filter.push)
  // Input that the command did not care to read: its exit code says whether that is bad.
  channel.on('error', () => {})
  const talk: Talk = {
    channel,
    closed: closing(channel).then(() => {
      talk.isClosed = true
    }),
    isClosed: false,
    exit: undefined,
    processId: filter.processId,
    output: () => {
      channel.off('data', stdout.push).resume()
      channel.stderr.off('data', filter.push).resume()
      filter.end()
      return { stdout: stdout.end(), stderr: stderr.end() }
    },
  }
  channel.on('exit', (exitCode: number | null, signal?: string) => {
    talk.exit = { exitCode, signal: signal ?? null }
  })
  channel.end(input)
  return talk
}

/** Unlike `once` of node:events, it does not mind an error on the way. */
export function closing(emitter: EventEmitter): Promise<void> {
  return new Promise((resolve) => emitter.once('close', () => resolve()))
}
