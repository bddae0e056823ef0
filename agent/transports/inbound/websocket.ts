import type { WebSocketProbe } from '../../../jenkins/jenkins.ts'
import { compareVersions } from '../../../jenkins/version.ts'
import { defaultImage } from '../../containers/default-image.ts'
import { type Transport, type TransportFinding, untried } from '../transport.ts'
import { askNodeLog } from './ask-node-log.ts'
import { causeInLog } from './link.ts'
import { inboundSlots } from './slots.ts'
import type { InboundWay } from './way.ts'

const overWebSocket: InboundWay = { name: 'websocket', webSocket: true, agentOptions: ['-webSocket'] }

/** Agents over one HTTP(S) connection: passes proxies and needs no further port. Jenkins has it since 2.217. */
export const webSocketTransport: Transport & InboundWay = {
  ...overWebSocket,
  title: 'WebSocket',
  isAutomatic: true,
  agentsDial: true,
  addedLabels: [],
  defaultImage,
  ...inboundSlots(() => overWebSocket),

  async usable(jenkins, signal) {
    const { version } = jenkins.seen ?? (await jenkins.root(signal))
    if (compareVersions(version, '2.217') >= 0)
      return { usable: true, finding: 'agents connect over WebSocket' }
    return {
      usable: false,
      finding: `Jenkins ${version} has no WebSocket agents`,
      cure: 'set transport: tcp',
    }
  },

  async tryOut({ jenkins, node, secret, signal }) {
    if (!secret) return untried('the secret is missing')
    return judge(await jenkins.probeWebSocket(node, secret, signal))
  },

  async explain({ jenkins, node, secret, log, agentUrl }, signal) {
    const probe = await jenkins.probeWebSocket(node, secret, signal)
    return (
      explanations[probe] ??
      causeInLog(log, agentUrl) ??
      (await askNodeLog(jenkins, node, signal)) ??
      'the controller would accept the agent, but it did not come; look at the log of the container'
    )
  },
}

/** What a probe with the secret of a fresh node means for all agents. */
function judge(probe: WebSocketProbe): TransportFinding {
  switch (probe) {
    case 'accepted':
      return { usable: true, finding: 'an agent of ours would be let in over WebSocket' }
    case 'not-supported':
      return {
        usable: false,
        finding: 'neither the controller nor a proxy before it lets WebSocket through',
        cure: 'let the proxy pass /wsagents/ with its Upgrade header, or set transport: tcp',
      }
    case 'unclear':
      return {
        usable: undefined,
        finding: 'the controller does not say clearly whether it takes agents over WebSocket',
        cure: 'try again in a minute, or set transport: tcp',
      }
    default:
      return {
        usable: false,
        finding: `an agent of ours would be refused over WebSocket (${probe})`,
        cure: 'look at the log of Jenkins for /wsagents/, or set transport: tcp',
      }
  }
}

const explanations: Partial<Record<WebSocketProbe, string>> = {
  'unknown-node': 'the controller has no node of this name any more',
  'wrong-secret': 'the controller refuses the secret of this node',
  occupied: 'the controller believes that this node is already connected; it is freed before the next try',
  'not-supported': 'the controller, or a proxy in front of it, does not do WebSocket; set transport: tcp',
}
