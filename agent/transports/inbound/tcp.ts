import type { AgentListener } from '../../../jenkins/jenkins.ts'
import { defaultImage } from '../../containers/default-image.ts'
import type { Transport, TransportFinding } from '../transport.ts'
import { askNodeLog } from './ask-node-log.ts'
import { causeInLog } from './link.ts'
import { inboundSlots } from './slots.ts'
import { type Banner, type BannerProbe, readBanner } from './tcp-banner.ts'
import type { InboundWay } from './way.ts'

const overTcp: InboundWay = { name: 'tcp', webSocket: false, agentOptions: [] }

/** Agents over the controller's TCP port for inbound agents (protocol JNLP4-connect). */
export function createTcpTransport(read: BannerProbe = readBanner): Transport & InboundWay {
  return {
    ...overTcp,
    title: 'TCP',
    isAutomatic: true,
    agentsDial: true,
    addedLabels: [],
    defaultImage,
    ...inboundSlots(() => overTcp),

    async usable(jenkins, signal) {
      return judgeListener(await jenkins.agentListener(signal))
    },

    /** The port is the same for every node, so the one made for the trial is not needed. */
    async tryOut({ jenkins, signal }) {
      const listener = await jenkins.agentListener(signal)
      const announced = judgeListener(listener)
      if (!listener || !announced.usable) return announced
      return judgeBanner(listener, await read(listener.host, listener.port, signal))
    },

    async explain({ jenkins, node, log, agentUrl }, signal) {
      const { usable, finding } = judgeListener(await jenkins.agentListener(signal))
      if (!usable) return finding
      return (
        causeInLog(log, agentUrl) ??
        (await askNodeLog(jenkins, node, signal)) ??
        `the agent did not get through although ${finding}; look at the log of the container`
      )
    },
  }
}

/** What the controller says of its port. */
function judgeListener(listener: AgentListener | undefined): TransportFinding {
  if (!listener) {
    return {
      usable: false,
      finding: 'the controller has its TCP port for agents switched off',
      cure: 'set transport: websocket, or let an administrator set Manage Jenkins > Security > TCP port for inbound agents',
    }
  }
  if (!listener.hasIdentity) {
    return {
      usable: false,
      finding: 'the controller sends no instance identity, without which agents refuse to connect',
      cure: 'let an administrator install the plugin instance-identity',
    }
  }
  if (!listener.protocols.includes('JNLP4-connect')) {
    return {
      usable: false,
      finding: 'the controller does not offer the protocol JNLP4-connect',
      cure: 'set transport: websocket',
    }
  }
  return { usable: true, finding: `agents connect to ${listener.host}:${listener.port}` }
}

/** What really answers at the port that the controller announces. */
function judgeBanner({ host, port }: AgentListener, banner: Banner): TransportFinding {
  const place = `${host}:${port}`
  const cure = `let ${place} through the firewall, or use WebSocket, which needs no further port`
  switch (banner.kind) {
    case 'jenkins':
      return { usable: true, finding: `Jenkins answers at ${place}` }
    case 'silent':
      return { usable: true, finding: `something takes connections at ${place}, without a word` }
    case 'other':
      return { usable: false, finding: `what answers at ${place} is not the agent port of Jenkins`, cure }
    case 'unreachable':
      return { usable: false, finding: `nothing can be reached at ${place}: ${banner.reason}`, cure }
  }
}
