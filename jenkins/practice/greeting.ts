import { randomBytes } from 'node:crypto'
import { same } from './auth.ts'
import type { AgentDoor, AgentGreeting } from './contract.ts'
import { minimumRemoting } from './identity.ts'
import { containerError, empty, oops } from './replies.ts'
import type { Call, Reply, World } from './world.ts'

/** A serialised hudson.remoting.Capability up to its mask: how the controller recognises an agent's. */
const capabilityStart = 'rO0ABXNyABpodWRzb24ucmVtb3RpbmcuQ2FwYWJpbGl0eQAAAAAAAAABAgABSgAEbWFza3hw'
const capability = `${capabilityStart}AAAAAAAAAf4=`

/**
 * Judges who asks at /wsagents/, in the order and words of jenkinsci/jenkins WebSocketAgents.java as Jenkins 2.498 was
 * recorded: refusals by DefaultJnlpSlaveReceiver are a 500 without a reason.
 */
export function greetAgent(
  call: Call,
  world: World,
  door: Pick<AgentDoor, 'findNode' | 'secretOf' | 'isConnected'>,
): AgentGreeting {
  const header = (name: string) => {
    const value = call.headers[name]
    return typeof value === 'string' ? value : undefined
  }
  const [name, secret] = [header('node-name'), header('secret-key')]
  const offered = header('x-remoting-capability')
  if (name === undefined || secret === undefined || offered === undefined)
    return refused(
      containerError(call, 400, 'This endpoint is only for use from agent.jar in WebSocket mode'),
    )
  const node = door.findNode(name)
  if (!node) return refused(containerError(call, 400, 'no such agent'))
  if (!same(door.secretOf(name), secret)) return refused(empty(403))
  if (!offered.startsWith(capabilityStart) || !node.inbound || door.isConnected(name))
    return refused(oops(call, world))
  return {
    accepted: true,
    node: name,
    headers: {
      'X-Remoting-Capability': capability,
      'X-Remoting-Minimum-Version': minimumRemoting,
      'Connection-Cookie': randomBytes(32).toString('hex'),
    },
  }
}

/** A reply as the acceptor, which writes to the bare socket, wants it. */
export function refused(reply: Reply): AgentGreeting {
  const headers = Object.entries(reply.headers).map(([name, value]) => [name, String(value)])
  return {
    accepted: false,
    status: reply.status,
    headers: Object.fromEntries(headers),
    body: String(reply.body),
  }
}
