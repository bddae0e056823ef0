import { Duplex } from 'node:stream'
import { RemoteError } from '../errors.ts'
import type { SshStream } from '../ssh-stream.ts'

/**
 * A conversation with an engine behind SSH in the shape of a socket: it is there at once, as Node.js wants it for its pool, and
 * connects meanwhile. A command on the other side that ends without an answer is told by its own words.
 */
export class ChannelSocket extends Duplex {
  readonly #opening: Promise<SshStream>
  #stream: SshStream | undefined
  #hasAnswered = false

  constructor(open: () => Promise<SshStream>, host: string) {
    super({ allowHalfOpen: false })
    this.#opening = open()
    this.#opening.then(
      (stream) => this.#attach(stream, host),
      (error) => this.destroy(error),
    )
  }

  #attach(stream: SshStream, host: string): void {
    const { channel, ended, complaint } = stream
    if (this.destroyed) return stream.close()
    this.#stream = stream
    channel.on('data', (chunk: Buffer) => {
      this.#hasAnswered = true
      if (!this.push(chunk)) channel.pause()
    })
    void ended.then((exit) => {
      const isRefusal = exit !== undefined && exit.exitCode !== 0 && !this.#hasAnswered
      if (isRefusal) this.destroy(noEngineThere(host, complaint() || `exit code ${exit.exitCode}`))
      else this.push(null)
    })
  }

  override _read(): void {
    this.#stream?.channel.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#opening.then(
      ({ channel }) => channel.write(chunk, () => done()),
      () => done(),
    )
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#opening.then(
      ({ channel }) => {
        channel.end()
        done()
      },
      () => done(),
    )
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stream?.close()
    done(error)
  }

  // The knobs of a socket that Node.js turns on its connections; SSH has its own signs of life.

  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}

function noEngineThere(host: string, said: string): RemoteError {
  const reason = said.split('\n').at(-1) ?? said
  return new RemoteError('rejected', `no container engine is reached on ${host}: ${reason}`, {
    hint: `try it by hand: ssh ${host} docker version`,
  })
}
