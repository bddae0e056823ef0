import { connect, createServer, type Socket } from 'node:net'

export interface TcpGate {
  /** host:port, to be used in place of the server behind it. */
  host: string
  /** Bytes that clients sent through it so far. */
  sent(): number
  close(): void
}

export interface GateOptions {
  /** Once clients have sent this much, every connection is cut and none is taken any more. */
  diesAfter?: number
  /** Once clients have sent this much, nothing more passes. */
  stallsAfter?: number
}

/** Stands before a server on loopback, counts what passes, and fails as networks do. */
export async function openGate(behind: string, options: GateOptions = {}): Promise<TcpGate> {
  const { diesAfter = Number.POSITIVE_INFINITY, stallsAfter = Number.POSITIVE_INFINITY } = options
  const sockets = new Set<Socket>()
  let sent = 0
  const server = createServer((client) => {
    const upstream = connect(Number(behind.split(':')[1]), '127.0.0.1')
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    upstream.pipe(client)
    client.on('data', (chunk) => {
      sent += chunk.length
      if (sent > diesAfter) close()
      else if (sent <= stallsAfter && !upstream.write(chunk)) {
        client.pause()
        upstream.once('drain', () => client.resume())
      }
    })
  })
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { host: `127.0.0.1:${address.port}`, sent: () => sent, close }
}
