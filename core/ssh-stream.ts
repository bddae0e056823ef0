import type { Duplex } from 'node:stream'
import { collectOutput } from './output.ts'
import { closing, type RemoteChannel } from './ssh-talk.ts'

/** A command on the other side that goes on talking: what is written is its standard input, what is read its output. */
export interface SshStream {
  channel: Duplex
  /** What it said on standard error, the end of it. */
  complaint(): string
  /** How it ended; undefined when it was cut off. */
  ended: Promise<{ exitCode: number | null } | undefined>
  /** Ends it. A command that reads its standard input ends by itself then. */
  close(): void
}

const keptBytes = 16 * 2 ** 10

/** Listens to everything at once: what is missed here is lost. */
export function streamOf(channel: RemoteChannel): SshStream {
  const complaints = collectOutput(keptBytes)
  let exit: { exitCode: number | null } | undefined
  channel.stderr.on('data', complaints.push)
  channel.on('exit', (exitCode: number | null) => {
    exit = { exitCode }
  })
  // A broken connection is told by the end of the stream.
  channel.on('error', () => {})
  return {
    channel,
    complaint: () => complaints.end().bytes.toString().trim(),
    ended: closing(channel).then(() => exit),
    close: () => {
      channel.end()
      channel.close()
    },
  }
}
