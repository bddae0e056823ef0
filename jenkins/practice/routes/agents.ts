import { doorView } from '../door.ts'
import { greetAgent } from '../greeting.ts'
import { instanceIdentity, minimumRemoting } from '../identity.ts'
import { containerError, found, oops, text } from '../replies.ts'
import type { Route } from '../world.ts'

/** `/jnlpJars/agent.jar` and its older names: anonymous, conditional, in ranges. jenkinsci/jenkins Slave.java JnlpJar. */
export const jnlpJars: Route = async (call, world, rest) => {
  const name = rest[0] ?? ''
  if (!/^(agent|slave|remoting)\.jar$/.test(name)) return oops(call, world)
  const { bytes, modifiedMs } = await world.agentJar()
  const attachment = { 'Content-Disposition': `attachment; filename=${name}` }
  const modified = new Date(modifiedMs).toUTCString()
  const since = Date.parse(call.headers['if-modified-since'] ?? '')
  if (since >= Date.parse(modified)) return { status: 304, headers: attachment, body: '' }
  const headers = { ...attachment, 'Last-Modified': modified, 'Content-Type': 'application/java-archive' }
  const range = /^bytes=(\d+)-(\d*)$/.exec(call.headers.range ?? '')
  if (!range) return { status: 200, headers, body: bytes }
  const [from, to] = [Number(range[1]), range[2] ? Number(range[2]) + 1 : bytes.length]
  return { status: 206, headers, body: bytes.subarray(from, to) }
}

/** `/tcpSlaveAgentListener/`: where TCP agents should go; 404 when there is no such port. */
export const tcpSlaveAgentListener: Route = (call, world) => {
  if (world.agentPort < 0) return undefined
  if (!call.path.endsWith('/')) return found(world, '/tcpSlaveAgentListener/')
  const port = String(world.agentPort)
  return {
    ...text('\n\n  Jenkins\n'),
    headers: {
      'Content-Type': 'text/plain;charset=utf-8',
      'X-Hudson-JNLP-Port': port,
      'X-Jenkins-JNLP-Port': port,
      'X-Instance-Identity': instanceIdentity,
      'X-Jenkins-Agent-Protocols': 'JNLP4-connect, Ping',
      'X-Remoting-Minimum-Version': minimumRemoting,
    },
  }
}

/** `/wsagents/` without an upgrade: tells what an agent of these headers would be told. */
export const wsagents: Route = (call, world) => {
  if (!call.path.endsWith('/')) return found(world, '/wsagents/')
  const greeting = greetAgent(call, world, doorView(world.state))
  if (!greeting.accepted) return greeting
  return containerError(call, 400, 'only WS connections accepted here', greeting.headers)
}
