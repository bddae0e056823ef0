import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import { UserError } from '../../../core/errors.ts'
import type { Acceptor, AgentDoor } from '../contract.ts'
import { parseAgentFrame, type ToAgent } from '../frames.ts'
import { minimumRemoting } from '../identity.ts'
import { type Connection, openConnection, type PingTiming } from './connection.ts'

const longestLine = 16 * 2 ** 20

export interface TcpTiming {
  ping?: PingTiming
  /** A peer that has not said by then what it wants is cut off, in ms. Default 30,000. */
  introductionMs?: number
}

/**
 * The controller's TCP agent port. It is opened as Jenkins' TcpSlaveAgentListener does it, by the name of a protocol in
 * Java's writeUTF form, or by a plain `GET /` for those who only want to know whether the port is reachable. But where
 * JNLP4-connect goes on with TLS and remoting, this port goes on with one JSON frame a line: it is NOT JNLP4, and real
 * agents cannot use it. Throws UserError when the port is taken.
 */
export async function acceptTcpAgents(
  door: AgentDoor,
  address: { host: string; port: number },
  timing: TcpTiming = {},
): Promise<Acceptor & { port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    meet(socket, door, timing)
  })
  server.listen(address.port, address.host)
  await once(server, 'listening').catch((error) => {
    throw new UserError(`Cannot listen for TCP agents on ${address.host}:${address.port}`, {
      cause: error,
      hint: 'choose another port, or 0 for any',
    })
  })
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound ? bound.port : address.port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Reads the first bytes, to find out who is there. */
function meet(socket: Socket, door: AgentDoor, timing: TcpTiming): void {
  socket.setTimeout(timing.introductionMs ?? 30_000, () => socket.destroy())
  let opening: Buffer = Buffer.alloc(0)
  const read = (chunk: Buffer) => {
    opening = Buffer.concat([opening, chunk])
    const text = opening.toString('latin1')
    if (/^(HEAD|POST) /.test(text)) return // never answered, as recorded
    if (text.startsWith('GET ')) {
      if (text.includes('\r\n\r\n')) socket.end(banner(text.split(' ')[1] ?? '', socket, door))
      return
    }
    if (opening.length < 2 || opening.length < 2 + opening.readUInt16BE(0)) {
      if (opening.length > 256) socket.destroy()
      return
    }
    const end = 2 + opening.readUInt16BE(0)
    const protocol = opening.toString('utf8', 2, end)
    if (protocol !== 'Protocol:JNLP4-connect') {
      socket.destroy()
      return
    }
    socket.off('data', read)
    talk(socket, opening.subarray(end), door, timing)
  }
  socket.on('data', read)
}

function banner(path: string, socket: Socket, door: AgentDoor): string {
  const type = 'Content-Type: text/plain;charset=UTF-8\r\n'
  if (path !== '/') return `HTTP/1.0 404 Not Found\r\n${type}\r\nNot Found\r\n`
  const lines = [
    'Jenkins-Agent-Protocols: JNLP4-connect, Ping',
    `Jenkins-Version: ${door.version}`,
    `Jenkins-Session: ${door.session}`,
    `Client: ${socket.remoteAddress}`,
    `Server: ${socket.localAddress}`,
    `Remoting-Minimum-Version: ${minimumRemoting}`,
  ]
  return `HTTP/1.0 200 OK\r\n${type}X-Content-Type-Options: nosniff\r\n\r\n${lines.join('\r\n')}\r\n`
}

function talk(socket: Socket, head: Buffer, door: AgentDoor, timing: TcpTiming): void {
  let connection: Connection | undefined
  let pending = ''
  const decoder = new StringDecoder()
  const send = (frame: ToAgent) => socket.write(`${JSON.stringify(frame)}\n`)

  const introduce = (line: string) => {
    const frame = parseAgentFrame(line)
    if (frame?.type !== 'connect') return socket.destroy()
    const reason = refusal(frame.node, frame.secret, door)
    if (reason) {
      send({ type: 'refused', reason })
      return socket.end()
    }
    socket.setTimeout(0)
    connection = connect(socket, frame.node, door, timing)
  }

  const read = (chunk: Buffer) => {
    const lines = (pending + decoder.write(chunk)).split('\n')
    pending = lines.pop() ?? ''
    if (pending.length > longestLine) socket.destroy()
    for (const line of lines) {
      if (connection) connection.receive(line)
      else introduce(line)
    }
  }
  socket.on('data', read)
  socket.on('close', () => connection?.closed('Connection terminated'))
  read(head)
}

function connect(socket: Socket, node: string, door: AgentDoor, timing: TcpTiming): Connection {
  return openConnection({
    node,
    suspended: door.suspended,
    ping: timing.ping,
    wire: {
      transport: 'tcp',
      send: (text) => socket.write(`${text}\n`),
      end: () => {
        socket.end()
        setTimeout(() => socket.destroy(), 2000).unref()
      },
    },
    onReady: (link) => {
      if (door.isConnected(node)) link.close(`${node} is already connected to this controller`)
      else door.attach(link, socket.remoteAddress ?? '')
    },
  })
}

/** Why the agent may not come in, in the words of Jenkins' DefaultJnlpSlaveReceiver.java; undefined when it may. */
function refusal(node: string, secret: string, door: AgentDoor): string | undefined {
  const known = door.findNode(node)
  if (!known) return `Unknown client name: ${node}`
  if (secret !== door.secretOf(node)) return 'Authorization failure'
  if (!known.inbound) return `${node} is not an inbound agent`
  if (door.isConnected(node))
    return `${node} is already connected to this controller. Rejecting this connection.`
  return undefined
}
