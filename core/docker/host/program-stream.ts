import { Duplex } from 'node:stream'
import { RemoteError } from '../../errors.ts'
import { splitFrames } from './frames.ts'

/** What the program wrote. */
export interface Ending {
  /** Of its stdout, the first piece; empty when there was none. */
  beginning: string
  /** Of its stderr, the last lines. */
  complaint: string
}

export interface ProgramStreamOptions {
  signal: AbortSignal | undefined
  /** Asked once the program is gone; what it throws becomes the error of the stream. */
  ended(ending: Ending): Promise<void>
}

const maxComplaint = 2000

/**
 * The stdin and stdout of a program on a hijacked connection, as one stream. Ending the writable side closes the
 * program's stdin and leaves its stdout open; the readable side ends with the program.
 */
export function programStream(connection: Duplex, { signal, ended }: ProgramStreamOptions): Duplex {
  let beginning = ''
  let complaint = ''
  const split = splitFrames((name, piece) => {
    if (name === 'stderr') {
      complaint = (complaint + piece.toString()).slice(-maxComplaint)
      return
    }
    beginning ||= piece.toString()
    if (!stream.push(piece)) connection.pause()
  })
  const stream = new Duplex({
    allowHalfOpen: false,
    ...(signal && { signal }),
    read: () => void connection.resume(),
    write: (chunk: Buffer, _encoding, done) => void connection.write(chunk, done),
    final(done) {
      // The connection ends its side by itself when the program is gone.
      if (connection.writableEnded) done()
      else connection.end(done)
    },
    destroy(error, done) {
      connection.destroy()
      done(error)
    },
  })
  const finish = async () => {
    try {
      await ended({ beginning, complaint: complaint.trim() })
      if (!stream.destroyed) stream.push(null)
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }
  connection.on('data', split)
  connection.on('error', (error) => stream.destroy(error))
  connection.on('end', () => void finish())
  connection.on('close', () => {
    if (!connection.readableEnded) stream.destroy(new RemoteError('unreachable', 'the engine hung up'))
  })
  return stream
}
