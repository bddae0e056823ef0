import { evaluates } from '../labels/evaluate.ts'
import type { Demand, ObservedNode, World } from '../world.ts'
import { isWantedBack } from './returning.ts'
import { isConnected, isOwn, labelsOf, type Slot } from './slots.ts'

/** One executor that is free, or about to be, whoever owns it. */
export interface Supply {
  node: string
  /** With the node's own name, which counts as one. */
  labels: ReadonlySet<string>
  /** Ours: the slot. Undefined for an executor of another machine. */
  slot: Slot | undefined
}

/**
 * Executors that will take builds without anything being started: our idle and starting containers, idle nodes of
 * others, and nodes that another laptop has just announced (they carry labels and are not connected yet).
 */
export function supplyOf(slots: readonly Slot[], world: World): Supply[] {
  const own = slots
    .filter((slot) => isComing(slot) || isWantedBack(slot, world))
    .map((slot) => supplyAt(slot.name, slot.container?.nodeLabels ?? [], slot))
  const others = world.nodes
    .filter((node) => !isOwn(node, world.machine) && (isFree(node) || isAnnounced(node, world)))
    .map((node) => supplyAt(node.name, node.labels, undefined))
  return [...own, ...others]
}

function isComing({ phase }: Slot): boolean {
  return phase === 'idle' || phase === 'starting' || phase === 'unlisted'
}

function supplyAt(node: string, labels: readonly string[], slot: Slot | undefined): Supply {
  return { node, labels: new Set(labels).add(node), slot }
}

/** The executor that will take this build, or undefined. Our own come first, then those already connected. */
export function supplyFor(
  demand: Demand,
  supply: readonly Supply[],
  slots: readonly Slot[],
): Supply | undefined {
  const { wants } = demand
  if (wants.kind === 'expression') {
    return supply.find(({ labels }) => evaluates(wants.expression, labels))
  }
  const pinned = supply.find(({ node }) => node === wants.node)
  if (pinned) return pinned
  // Jenkins named a busy node in place of a label that only this node has: any executor with its labels will do.
  const named = slots.find(({ name }) => name === wants.node)
  const needed = named ? labelsOf(named) : []
  return needed.length === 0
    ? undefined
    : supply.find(({ labels }) => needed.every((label) => labels.has(label)))
}

function isFree(node: ObservedNode): boolean {
  return isConnected(node) && !node.temporarilyOffline && node.idle && node.executors > 0
}

function isAnnounced(node: ObservedNode, world: World): boolean {
  const sinceMs = world.recollection.claimSince[node.name]
  return sinceMs !== undefined && world.nowMs - sinceMs < world.timing.startWithinMs
}
