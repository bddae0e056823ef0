import { defaultImage } from '../../containers/default-image.ts'
import { inboundSlots, type PutNode } from '../inbound/slots.ts'
import { createTcpTransport } from '../inbound/tcp.ts'
import type { InboundWay } from '../inbound/way.ts'
import { webSocketTransport } from '../inbound/websocket.ts'
import type { SlotContext, Transport, TransportFinding, Trial } from '../transport.ts'

/** What the plugin writes on each of its nodes (jenkinsci/swarm-plugin PluginImpl.java). */
const pluginLabel = 'swarm'

/**
 * Nodes registered by the Swarm plugin, in the place of its Java client: for controllers where that is how machines join. The
 * agents themselves dial in over WebSocket, or TCP, as any other.
 */
export function createSwarmTransport(tcp: Transport & InboundWay = createTcpTransport()): Transport {
  const wayOf = ({ plan }: Pick<SlotContext, 'plan'>): InboundWay => ({
    ...(plan.config.swarm.connect === 'tcp' ? tcp : webSocketTransport),
    name: 'swarm',
  })
  const connecting = (connect: 'websocket' | 'tcp') => (connect === 'tcp' ? tcp : webSocketTransport)
  return {
    name: 'swarm',
    title: 'Swarm plugin',
    isAutomatic: false,
    agentsDial: true,
    addedLabels: [pluginLabel],
    defaultImage,
    ...inboundSlots(wayOf, putSwarmNode),

    async usable(jenkins, signal): Promise<TransportFinding> {
      if (await jenkins.hasSwarmPlugin(signal)) {
        return { usable: true, finding: 'the controller has the Swarm plugin' }
      }
      return {
        usable: false,
        finding: 'the controller has no Swarm plugin',
        cure: 'let an administrator install the plugin swarm, or set transport: auto, which needs no plugin',
      }
    },

    /** The trial's node becomes one of the plugin, and an agent of it is tried as any other. */
    async tryOut(trial: Trial) {
      const { jenkins, node, config, signal } = trial
      const seen = await this.usable(jenkins, signal)
      if (seen.usable === false) return seen
      const before = await jenkins.node(node, signal)
      const description = before?.description.replace(/^Swarm agent from \S+: /, '') ?? ''
      const { workDir = '/home/jenkins/agent' } = config.templates[0] ?? {}
      const spec = { name: node, description, labels: ['footman-preflight'], remoteFs: workDir, executors: 1 }
      const secret = await jenkins.createSwarmNode({ ...spec, mode: 'exclusive', replaces: true }, signal)
      const found = await connecting(config.swarm.connect).tryOut({ ...trial, secret })
      const finding = `the plugin registers our nodes, and ${found.finding}`
      return found.usable ? { ...found, finding } : found
    },

    explain: (attempt, signal) =>
      connecting(/WebSocket|\/login is not ready/.test(attempt.log) ? 'websocket' : 'tcp').explain(
        attempt,
        signal,
      ),
  }
}

/**
 * The plugin knows two verbs: make, and make in the place of what is there. Both give the node exactly these labels, and take any
 * mark off it. The labels that it has verbs for would leave Jenkins' own index of labels behind (recorded).
 */
const putSwarmNode: PutNode = async ({ slot, exists, labels }, { jenkins, plan, secrets, signal }) => {
  const secret = await jenkins.createSwarmNode(
    {
      name: slot,
      description: plan.describe(slot),
      labels: labels.filter((label) => label !== pluginLabel),
      remoteFs: plan.config.templates[0]?.workDir ?? '/home/jenkins/agent',
      executors: 1,
      mode: 'exclusive',
      replaces: exists,
    },
    signal,
  )
  secrets.set(slot, secret)
  if (exists) await jenkins.clearOffline(slot, signal)
}
