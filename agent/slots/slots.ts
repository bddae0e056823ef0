import { tagOf } from '../fleet/node-tag.ts'
import type { Machine, ObservedContainer, ObservedNode, World } from '../world.ts'

/** A stable place for one container: its node in Jenkins, and the container that serves it now. */
export interface Slot {
  name: string
  node: ObservedNode | undefined
  container: ObservedContainer | undefined
  /** Containers that claim the same slot; there should be none. */
  surplus: ObservedContainer[]
  phase: Phase
}

/** What a slot is doing, told from what the engine and the controller say right now. */
export type Phase =
  /** Neither node nor container. */
  | 'absent'
  /** The name belongs to somebody else. */
  | 'taken'
  /** Somebody marked the node offline; it is not ours to use until they clear it. */
  | 'held'
  /** A node without labels and without a container: ready to be opened. */
  | 'registered'
  /** A node with labels but without a container: an opening that was cut short, or the rest of one. */
  | 'announced'
  /** No container, yet a build waits for exactly this node to return. */
  | 'awaited'
  /** Jenkins sees an agent of this name although no container of ours exists. */
  | 'haunted'
  /** A container that was created and never started. */
  | 'stillborn'
  | 'removing'
  /** The container ended by itself. */
  | 'failed'
  /** The container runs, its node is gone from the controller. */
  | 'unlisted'
  /** The container runs, its node now belongs to somebody else. */
  | 'evicted'
  /** The container runs, its agent has not connected (again) yet. */
  | 'starting'
  /** ... and had its time. */
  | 'lost'
  | 'idle'
  | 'busy'
  /** Marked offline by us or by a monitor of Jenkins, a build still runs. */
  | 'finishing'
  /** Marked offline by us or by a monitor of Jenkins, and empty. */
  | 'stopping'

/** Offline marks with this beginning are ours. Jenkins cuts a reason at the last ` : `, so it holds none. */
const ownMark = 'footman: '

/** Text for the offline marks that we set. */
export function markText(because: string): string {
  return `${ownMark}${because}`
}

/** Why we marked the node, as read back from the mark; undefined when the mark is not ours. */
export function ownReason({ temporarilyOffline, offlineReason }: ObservedNode): string | undefined {
  const isOwn = temporarilyOffline && offlineReason.startsWith(ownMark)
  return isOwn ? offlineReason.slice(ownMark.length) : undefined
}

/** Whether Jenkins itself marked the node, because one of its node monitors found e.g. too little disk. */
export function isMarkedByMonitor({ temporarilyOffline, offlineCauseKind }: ObservedNode): boolean {
  return temporarilyOffline && offlineCauseKind?.startsWith('hudson.node_monitors.') === true
}

/** Whether a person marked the node: then it is not ours to use until they clear the mark. */
function isHeld(node: ObservedNode): boolean {
  return node.temporarilyOffline && ownReason(node) === undefined && !isMarkedByMonitor(node)
}

/** Every slot of this machine that exists in any form, also one whose name is taken, in order of number. */
export function slotsOf(world: World): Slot[] {
  const names = new Set([
    slotName(world.machine, 1),
    ...world.containers.map((container) => container.slot),
    ...world.nodes
      .filter((node) => isOwn(node, world.machine) || isSlotName(node.name, world.machine))
      .map((node) => node.name),
  ])
  return [...names]
    .sort((a, b) => slotNumber(a) - slotNumber(b) || a.localeCompare(b))
    .map((name) => slotOf(name, world))
}

/** Name of a machine's n-th slot; Pipelines resume only on a node of the same name, so it never changes. */
export function slotName(machine: Pick<Machine, 'name'>, number: number): string {
  return `${machine.name}-${number}`
}

/** Whether a node of this name would be one of the machine's slots, whosever it is. */
export function isSlotName(name: string, machine: Pick<Machine, 'name' | 'maxSlots'>): boolean {
  const number = Number(/-([1-9]\d*)$/.exec(name)?.[1])
  return name === slotName(machine, number) && number <= machine.maxSlots
}

/** Whether this machine registered the node: the name may be a namesake's, the tag in the description is not. */
export function isOwn(node: ObservedNode, machine: Pick<Machine, 'id'>): boolean {
  return tagOf(node)?.id === machine.id
}

/** Whether builds run, or wait, on the node. */
export function isConnected(node: ObservedNode): boolean {
  return node.connected || !node.offline
}

/** What the slot's container promises; without one, what its node still announces. */
export function labelsOf({ container, node }: Slot): readonly string[] {
  return container?.nodeLabels ?? node?.labels ?? []
}

function slotOf(name: string, world: World): Slot {
  const [container, ...surplus] = world.containers.filter((one) => one.slot === name).sort(byUsefulness)
  const node = world.nodes.find((one) => one.name === name)
  return { name, node, container, surplus, phase: phaseOf(node, container, world) }
}

function phaseOf(
  node: ObservedNode | undefined,
  container: ObservedContainer | undefined,
  world: World,
): Phase {
  if (!container) return phaseOfNode(node, world)
  if (container.status === 'created') return 'stillborn'
  if (container.status === 'removing') return 'removing'
  if (container.status === 'exited' || container.status === 'dead') return 'failed'
  if (!node) return 'unlisted'
  if (!isOwn(node, world.machine)) return 'evicted'
  if (isHeld(node)) return 'held'
  if (node.temporarilyOffline) return node.idle ? 'stopping' : 'finishing'
  if (isConnected(node)) return node.idle ? 'idle' : 'busy'
  const silentSinceMs = world.recollection.offlineSince[container.slot] ?? container.createdAtMs
  return world.nowMs - silentSinceMs < world.timing.startWithinMs ? 'starting' : 'lost'
}

function phaseOfNode(node: ObservedNode | undefined, world: World): Phase {
  if (!node) return 'absent'
  if (!isOwn(node, world.machine)) return 'taken'
  if (isHeld(node)) return 'held'
  if (isConnected(node)) return 'haunted'
  if (!node.idle) return 'awaited'
  return node.labels.length > 0 || node.temporarilyOffline ? 'announced' : 'registered'
}

/** Running first, then the youngest. */
function byUsefulness(a: ObservedContainer, b: ObservedContainer): number {
  return Number(b.status === 'running') - Number(a.status === 'running') || b.createdAtMs - a.createdAtMs
}

function slotNumber(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? Number.MAX_SAFE_INTEGER)
}
