import type { NodeState } from '../../jenkins/jenkins.ts'
import type { LabelExpression } from '../labels/expression.ts'
import { addSizes, largest, parseSizeLabel, subtractSize } from '../labels/size.ts'
import { hasMatch } from '../match/match.ts'
import type { Size } from '../world.ts'
import { type NodeTag, tagOf } from './node-tag.ts'

export { formatNodeDescription, type NodeTag, parseNodeDescription } from './node-tag.ts'

/** Another laptop that serves the same controller, as far as its nodes tell. */
export interface FleetMachine {
  id: string
  name: string
  total: Size
  /** What is left of `total` beside the containers that its nodes show. */
  free: Size
  /** Slots left. */
  freeSlots: number
  /** For each of its templates the labels of a container. */
  features: readonly (readonly string[])[]
  /** Nodes whose labels announce a container that has not connected yet. */
  claims: NodeState[]
  /** Whether it takes builds: not all of its nodes are marked offline. */
  isOpen: boolean
  /** Name of the slot that it would use next. */
  nextSlot: string
}

/** All machines but our own that have tagged nodes on this controller, in order of id. */
export function fleetOf(nodes: readonly NodeState[], ownMachineId: string): FleetMachine[] {
  const machines = new Map<string, { tag: NodeTag; nodes: NodeState[] }>()
  for (const node of nodes) {
    const tag = tagOf(node)
    if (!tag || tag.id === ownMachineId) continue
    const known = machines.get(tag.id)
    if (known) known.nodes.push(node)
    else machines.set(tag.id, { tag, nodes: [node] })
  }
  return [...machines.values()].map(machineOf).sort((a, b) => (a.id < b.id ? -1 : 1))
}

/**
 * Whether the machine could start a container for the expression now. The sizes of its templates are not known here:
 * `usualSize` stands for them where the expression names none.
 */
export function canServe(machine: FleetMachine, expression: LabelExpression, usualSize: Size): boolean {
  if (!machine.isOpen || machine.freeSlots === 0) return false
  const templates = machine.features.map((features, index) => ({
    name: String(index),
    features: [...features],
    size: usualSize,
    max: machine.total,
  }))
  return hasMatch({
    expression,
    templates,
    available: machine.free,
    budget: machine.total,
    slotName: machine.nextSlot,
  })
}

function machineOf({ tag, nodes }: { tag: NodeTag; nodes: NodeState[] }): FleetMachine {
  const serving = nodes.filter((node) => node.connected || node.labels.length > 0)
  const parked = nodes.find((node) => !serving.includes(node) && !node.temporarilyOffline)
  return {
    id: tag.id,
    name: tag.machine,
    total: tag.budget,
    free: subtractSize(tag.budget, addSizes(...serving.map(sizeOfNode))),
    freeSlots: Math.max(0, tag.slots - serving.length),
    features: tag.features,
    claims: serving.filter((node) => !node.connected && !node.temporarilyOffline),
    isOpen: nodes.some((node) => !node.temporarilyOffline),
    nextSlot: parked?.name ?? `${tag.machine}-${nodes.length + 1}`,
  }
}

/** A node of a footman carries the label of its container's very size, so the largest of its size labels is that. */
function sizeOfNode(node: NodeState): Size {
  return largest(...node.labels.flatMap((label) => parseSizeLabel(label) ?? []))
}
