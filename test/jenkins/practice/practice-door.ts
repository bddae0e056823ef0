import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { silentLog } from '../../../core/log.ts'
import { acceptTcpAgents, type TcpTiming } from '../../../jenkins/practice/acceptors/tcp.ts'
import { acceptWebSocketAgents, type WebSocketTiming } from '../../../jenkins/practice/acceptors/websocket.ts'
import type { AgentDoor, AgentGreeting } from '../../../jenkins/practice/contract.ts'
import type { AgentLink } from '../../../jenkins/practice/link.ts'

export interface TestDoor extends AgentDoor {
  url: string
  host: string
  tcpPort: number
  links: Map<string, AgentLink>
  /** Requests that asked for a WebSocket, newest last. */
  knocks: IncomingMessage[]
  /** The link of this node, as soon as there is one. */
  link(node: string): Promise<AgentLink>
  /** Resolves when the node has no link. */
  gone(node: string): Promise<void>
  /** What `GET /login` answers: 503 is a controller that boots. */
  loginStatus: number
}

/** 64 digits that belong to a name, as Jenkins has it. */
export function secretOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)
}

/** The agents' side of a practice controller, without state, queue and pages. Knows every node but `nosuch`; `ssh` is not inbound. */
export async function openDoor(timing: WebSocketTiming & TcpTiming = {}): Promise<TestDoor> {
  const waiting = new Set<() => void>()
  const links = new Map<string, AgentLink>()
  const server = createServer((request, response) => {
    if (request.url === '/tcpSlaveAgentListener/') {
      response.setHeader('X-Jenkins-JNLP-Port', door.tcpPort)
      response.setHeader('X-Instance-Identity', Buffer.from('a public key').toString('base64'))
      response.end()
    } else {
      response.writeHead(request.url === '/login' ? door.loginStatus : 404).end()
    }
  })
  const changed = () => {
    for (const look of [...waiting]) look()
  }
  const when = <T>(find: () => T | undefined) =>
    new Promise<T>((resolve) => {
      const look = () => {
        const found = find()
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  const door: TestDoor = {
    version: '2.498',
    session: '40a25691',
    log: silentLog,
    suspended: new AbortController().signal,
    url: '',
    host: '',
    tcpPort: 0,
    loginStatus: 200,
    links,
    knocks: [],
    secretOf,
    findNode: (name) => (name === 'nosuch' ? undefined : { inbound: name !== 'ssh' }),
    isConnected: (name) => links.has(name),
    greet: (request) => {
      door.knocks.push(request)
      return greet(request, door)
    },
    attach: (link) => {
      links.set(link.node, link)
      link.onClosed(() => {
        links.delete(link.node)
        changed()
      })
      changed()
    },
    link: (node) => when(() => links.get(node)),
    gone: (node) => when(() => (links.has(node) ? undefined : true)).then(() => {}),
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  door.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  door.url = `http://${door.host}/`
  const webSocket = acceptWebSocketAgents(server, door, timing)
  const tcp = await acceptTcpAgents(door, { host: '127.0.0.1', port: 0 }, timing)
  door.tcpPort = tcp.port
  onTestFinished(async () => {
    await webSocket.close()
    await tcp.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return door
}

function greet(request: IncomingMessage, door: AgentDoor): AgentGreeting {
  const node = String(request.headers['node-name'])
  const refuse = (status: number, body = '') => ({ accepted: false as const, status, headers: {}, body })
  if (!door.findNode(node)) return refuse(400, 'no such agent')
  if (request.headers['secret-key'] !== door.secretOf(node)) return refuse(403)
  if (door.isConnected(node)) return refuse(500)
  const headers = { 'X-Remoting-Capability': 'rO0ABQ==', 'Connection-Cookie': 'c'.repeat(64) }
  return { accepted: true, node, headers }
}
