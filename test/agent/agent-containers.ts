import { agentConfigSchema } from '../../agent/config/schema.ts'
import type { Identity } from '../../agent/identity.ts'
import type { AgentContainerOptions } from '../../agent/transports/inbound/container-spec.ts'
import { webSocketTransport } from '../../agent/transports/inbound/websocket.ts'
import type { SlotPlan } from '../../agent/world.ts'

export const identity: Identity = { machineName: 'laptop-ann', machineId: 'm-1', controllerId: '0a1b2c3d' }

export const plan: SlotPlan = {
  slot: 'laptop-ann-1',
  template: 'default',
  size: { cpus: 0.5, memoryBytes: 512 * 2 ** 20 },
  nodeLabels: ['0.5CPU512M', 'linux'],
}

interface Changes extends Partial<AgentContainerOptions> {
  /** Keys of the one template, as they stand in agent.yaml. */
  settings?: object
  /** Further parts of agent.yaml. */
  yaml?: object
}

/** What the container of a slot is made from, for an image that is allowed; change what the test is about. */
export function agentContainer({
  settings = {},
  yaml = {},
  ...changes
}: Changes = {}): AgentContainerOptions {
  const image = changes.image ?? 'jenkins/inbound-agent:jdk17'
  const config = agentConfigSchema.parse({
    controller: { url: 'https://jenkins.example/ci/', user: 'ann', token: 'env:TOKEN' },
    templates: [{ name: 'default', ...settings }],
    images: { allow: [image] },
    ...yaml,
  })
  return {
    plan,
    template: config.templates[0],
    image,
    controllerUrl: 'https://jenkins.example/ci/',
    controllerVersion: '2.498',
    transport: webSocketTransport,
    identity,
    config,
    agentJarPath: '/home/ann/.cache/footman/agent.jar',
    ...changes,
  }
}
