import type { WebSocketProbe } from '../../jenkins/jenkins.ts'
import { compareVersions } from '../../jenkins/version.ts'
import { causeInLog } from './link.ts'
import type { Transport } from './transport.ts'

/** Agents over one HTTP(S) connection: passes proxies and needs no further port. Jenkins has it since 2.217. */
export const webSocketTransport: Transport = {
  name: 'websocket',
  webSocket: true,
  agentOptions: ['-webSocket'],

  async usable(jenkins, signal) {
    const { version } = jenkins.seen ?? (await jenkins.root(signal))
    if (compareVersions(version, '2.217') >= 0)
      return { usable: true, reason: 'agents connect over WebSocket' }
    return { usable: false, reason: `Jenkins ${version} has no WebSocket agents`, hint: 'set transport: tcp' }
  },

  async explain({ jenkins, node, secret, log, agentUrl }, signal) {
    const probe = await jenkins.probeWebSocket(node, secret, signal)
    return (
      explanations[probe] ??
      causeInLog(log, agentUrl) ??
      'the controller would accept the agent, but it did not come; look at the log of the container'
    )
  },
}

const explanations: Partial<Record<WebSocketProbe, string>> = {
  'unknown-node': 'the controller has no node of this name any more',
  'wrong-secret': 'the controller refuses the secret of this node',
  occupied: 'the controller believes that this node is already connected; it is freed before the next try',
  'not-supported': 'the controller, or a proxy in front of it, does not do WebSocket; set transport: tcp',
}
