import { readFile } from 'node:fs/promises'
import type { Secret } from '../../../core/secret.ts'
import { putPlainNode } from '../plain-node.ts'
import type { Opening, SlotContext, SlotNode, Transport } from '../transport.ts'
import { agentJar } from './agent-jar.ts'
import { agentContainerSpec } from './container-spec.ts'
import { launchContainer } from './launch.ts'
import type { InboundWay } from './way.ts'

/** How the nodes of agents that dial in get onto the controller. */
export type PutNode = (
  node: SlotNode & { labels: string[]; webSocket: boolean },
  context: SlotContext,
) => Promise<void>

/** Slots whose agents dial the controller: the node and its secret first, because an agent without a node is refused. */
export function inboundSlots(
  wayOf: (context: SlotContext) => InboundWay,
  put: PutNode = putPlainNode,
): Pick<Transport, 'rest' | 'open' | 'restore' | 'release'> {
  const putAs = (node: SlotNode & { labels: string[] }, context: SlotContext) =>
    put({ ...node, webSocket: wayOf(context).webSocket }, context)
  return {
    rest: (node, context) => putAs({ ...node, labels: [] }, context),
    open: (opening, context) => open(opening, { context, way: wayOf(context), putAs }),
    restore: ({ plan: { slot, nodeLabels } }, context) =>
      putAs({ slot, exists: false, labels: nodeLabels }, context),
    release: async () => {},
  }
}

interface OpenSetting {
  context: SlotContext
  way: InboundWay
  putAs: (node: SlotNode & { labels: string[] }, context: SlotContext) => Promise<void>
}

/** What the owner of this machine forbids is refused before anybody sees labels. */
async function open(
  { plan: slotPlan, nodeExists }: Opening,
  { context, way, putAs }: OpenSetting,
): Promise<void> {
  const { jenkins, engine, plan, signal } = context
  const { config, identity, cacheDir, engineHost } = plan
  const { slot, template, nodeLabels } = slotPlan
  const jarPath = await agentJar({ jenkins, cacheDir, ...(signal && { signal }) })
  const isShared = engineHost === undefined
  const controllerVersion = jenkins.seen?.version
  const spec = agentContainerSpec({
    plan: slotPlan,
    template: config.templates.find(({ name }) => name === template),
    image: plan.images(controllerVersion)[template],
    controllerUrl: config.controller.agentUrl ?? jenkins.url,
    controllerVersion,
    transport: way,
    identity,
    config,
    agentJarPath: isShared ? jarPath : undefined,
  })
  await putAs({ slot, exists: nodeExists, labels: nodeLabels }, context)
  const secret = await secretOf(slot, context)
  const jar = isShared ? undefined : await readFile(jarPath)
  await launchContainer({ engine, spec, secret, jar, ...(signal && { signal }) })
}

async function secretOf(slot: string, { jenkins, secrets, signal }: SlotContext): Promise<Secret> {
  const known = secrets.get(slot)
  if (known) return known
  const secret = await jenkins.inboundSecret(slot, signal)
  secrets.set(slot, secret)
  return secret
}
