import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Acceptor, AgentDoor, AgentGreeting } from '../contract.ts'
import { openConnection, type PingTiming } from './connection.ts'

export interface WebSocketTiming {
  /** Keeps proxies from cutting idle connections; whether it is answered does not matter. Default 30,000. */
  keepAliveMs?: number
  /** How long the other side may take to close. Default 2,000. */
  closeWithinMs?: number
  ping?: PingTiming
}

/**
 * Lets agents in at `…/wsagents/`, as Jenkins' WebSocketAgents.java does. What is asked without an upgrade is answered
 * by the HTTP side from the same `door.greet`.
 */
export function acceptWebSocketAgents(
  server: Server,
  door: AgentDoor,
  timing: WebSocketTiming = {},
): Acceptor {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 16 * 2 ** 20 })
  const greetings = new WeakMap<IncomingMessage, AgentGreeting & { accepted: true }>()
  sockets.on('headers', (lines, request) => {
    const headers = greetings.get(request)?.headers ?? {}
    lines.push(...Object.entries(headers).map(([name, value]) => `${name}: ${value}`))
  })

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const pathname = (request.url ?? '/').replace(/\?.*/s, '')
    if (pathname.endsWith('/wsagents')) {
      return refuse(socket, { status: 302, headers: { Location: `${pathname}/` }, body: '' })
    }
    if (!pathname.endsWith('/wsagents/')) return refuse(socket, { status: 404, headers: {}, body: '' })
    const greeting = door.greet(request)
    if (!greeting.accepted) return refuse(socket, greeting)
    greetings.set(request, greeting)
    sockets.handleUpgrade(request, socket, head, (agent) => {
      talk(agent, greeting.node, request.socket.remoteAddress ?? '', door, timing)
    })
  }
  server.on('upgrade', onUpgrade)
  return {
    close: async () => {
      server.off('upgrade', onUpgrade)
      for (const agent of sockets.clients) agent.terminate()
      sockets.close()
    },
  }
}

function talk(
  agent: WebSocket,
  node: string,
  address: string,
  door: AgentDoor,
  { keepAliveMs = 30_000, closeWithinMs = 2000, ping }: WebSocketTiming,
): void {
  const keepAlive = setInterval(() => agent.ping(), keepAliveMs).unref()
  const connection = openConnection({
    node,
    suspended: door.suspended,
    ping,
    wire: {
      transport: 'websocket',
      send: (text) => agent.send(text),
      end: () => {
        agent.close(1000)
        setTimeout(() => agent.terminate(), closeWithinMs).unref()
      },
    },
    onReady: (link) => {
      // Two sockets may have been opened for one name: the first to speak is the agent.
      if (door.isConnected(node)) link.close(`${node} is already connected to this controller`)
      else door.attach(link, address)
    },
  })
  agent.on('message', (data) => connection.receive(String(data)))
  agent.on('error', () => agent.terminate())
  agent.on('close', () => {
    clearInterval(keepAlive)
    connection.closed('Connection terminated')
  })
}

function refuse(
  socket: Duplex,
  answer: { status: number; headers: Record<string, string>; body: string },
): void {
  const reasons: Record<number, string> = {
    302: 'Found',
    400: 'Bad Request',
    403: 'Forbidden',
    404: 'Not Found',
  }
  const headers = {
    ...answer.headers,
    'Content-Length': String(Buffer.byteLength(answer.body)),
    Connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const reason = reasons[answer.status] ?? 'Server Error'
  socket.end(`HTTP/1.1 ${answer.status} ${reason}\r\n${lines.join('')}\r\n${answer.body}`)
}
