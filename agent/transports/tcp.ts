import { causeInLog } from './link.ts'
import type { Transport } from './transport.ts'

/** Agents over the controller's TCP port for inbound agents (protocol JNLP4-connect). */
export const tcpTransport: Transport = {
  name: 'tcp',
  webSocket: false,
  agentOptions: [],

  async usable(jenkins, signal) {
    const listener = await jenkins.agentListener(signal)
    if (!listener) {
      return {
        usable: false,
        reason: 'the controller has its TCP port for agents switched off',
        hint: 'set transport: websocket, or let an administrator set Manage Jenkins > Security > TCP port for inbound agents',
      }
    }
    if (!listener.hasIdentity) {
      return {
        usable: false,
        reason: 'the controller sends no instance identity, without which agents refuse to connect',
        hint: 'let an administrator install the plugin instance-identity',
      }
    }
    if (!listener.protocols.includes('JNLP4-connect')) {
      return {
        usable: false,
        reason: 'the controller does not offer the protocol JNLP4-connect',
        hint: 'set transport: websocket',
      }
    }
    return { usable: true, reason: `agents connect to ${listener.host}:${listener.port}` }
  },

  async explain({ jenkins, log, agentUrl }, signal) {
    const { usable, reason } = await tcpTransport.usable(jenkins, signal)
    if (!usable) return reason
    return (
      causeInLog(log, agentUrl) ??
      `the agent did not get through although ${reason}; look at the log of the container`
    )
  },
}
