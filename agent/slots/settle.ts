import type { Action, ObservedContainer, SlotPlan, World } from '../world.ts'
import { isReturning, isWantedBack } from './returning.ts'
import { isConnected, isMarkedByMonitor, isSlotName, ownReason, type Slot } from './slots.ts'

/** An agent that is just connecting says so a moment before Jenkins does; one that lost its connection goes on saying so. */
const deafMs = 3_000

/**
 * What a slot needs whatever the queue says: broken pieces cleared away, builds that wait for a node given their
 * node back, the owner's wish to have the machine back carried out. Pure; at most a few actions for each slot.
 */
export function settle(slot: Slot, world: World): Action[] {
  const surplus = slot.surplus.map((extra) => remove(extra, 'a second container for this slot', false))
  return [...surplus, ...settleContainer(slot, world), ...settleNode(slot, world)]
}

function settleContainer(slot: Slot, world: World): Action[] {
  const { container } = slot
  if (!container) return []
  switch (slot.phase) {
    case 'stillborn':
      return [remove(container, 'was created but never started', false)]
    case 'failed':
      return [...freeName(slot, 'its container ended'), remove(container, endOf(container), true)]
    case 'lost':
      return [remove(container, 'its agent did not connect in time', true)]
    case 'evicted':
      return [remove(container, 'its node now belongs to somebody else', true)]
    case 'unlisted':
      return world.openness === 'closed' || world.leaving
        ? [remove(container, `its node is gone, and ${endOfLending(world)}`, false)]
        : [{ kind: 'restore', plan: planOf(container), containerId: container.id }]
    case 'held':
      return isEmpty(slot, world) || world.openness === 'closed'
        ? [remove(container, 'its node was marked offline in Jenkins', false)]
        : []
    case 'stopping':
      return settleStopping(slot, container, world)
    case 'finishing':
      return settleFinishing(slot, container, world)
    case 'idle':
    case 'busy':
    case 'starting':
      return settleLiving(slot, container, world)
    default:
      return []
  }
}

/** A marked node on which nothing is left to do, as far as one can see. */
function settleStopping(slot: Slot, container: ObservedContainer, world: World): Action[] {
  if (isWantedBack(slot, world)) return [{ kind: 'unmark', slot: slot.name }]
  const isOver = isEmpty(slot, world) || world.openness === 'closed'
  return isOver ? [remove(container, markReason(slot), false)] : []
}

function isEmpty(slot: Slot, world: World): boolean {
  return slot.node?.idle === true && !isReturning(slot, world)
}

/** A marked node that still builds: it goes back to work when lending goes on, and ends when its time is up. */
function settleFinishing(slot: Slot, container: ObservedContainer, world: World): Action[] {
  if (world.openness === 'closed') return [remove(container, endOfLending(world), false)]
  const isOurs = slot.node !== undefined && ownReason(slot.node) !== undefined
  return world.openness === 'open' && isOurs ? [{ kind: 'unmark', slot: slot.name }] : cutDead(slot, world)
}

function settleLiving(slot: Slot, container: ObservedContainer, world: World): Action[] {
  if (world.openness === 'closed') return [remove(container, endOfLending(world), false)]
  const mayFill = slot.phase !== 'busy' && isReturning(slot, world)
  if (world.openness === 'finishing' && !mayFill) {
    return [{ kind: 'mark', slot: slot.name, because: world.because || 'lending pauses' }]
  }
  return cutDead(slot, world)
}

/** Frees the name from a connection that Jenkins believes in and the agent has given up: Jenkins would refuse a new one. */
function cutDead({ name }: Slot, { recollection, nowMs }: World): Action[] {
  const sinceMs = recollection.deafSince[name]
  if (sinceMs === undefined || nowMs - sinceMs < deafMs) return []
  return [{ kind: 'disconnect', slot: name, because: 'its agent lost the connection' }]
}

function settleNode(slot: Slot, world: World): Action[] {
  switch (slot.phase) {
    case 'absent':
      return world.openness === 'open' && !world.leaving ? [{ kind: 'register', slot: slot.name }] : []
    case 'haunted':
      // A build may be running there, on an engine that we cannot see: only an empty connection is cut.
      return slot.node?.idle ? freeName(slot, 'no container of this machine belongs to it') : []
    case 'registered':
    case 'announced':
      // A node that is out of reach is left from another name of this machine, or from a time with more slots.
      return world.leaving || !isSlotName(slot.name, world.machine)
        ? [{ kind: 'unregister', slot: slot.name }]
        : []
    default:
      return []
  }
}

function freeName(slot: Slot, because: string): Action[] {
  return slot.node && isConnected(slot.node) ? [{ kind: 'disconnect', slot: slot.name, because }] : []
}

function remove(container: ObservedContainer, because: string, failed: boolean): Action {
  const { slot, template, transport, id } = container
  const startedBy = transport === undefined ? {} : { transport }
  return { kind: 'remove', slot, template, ...startedBy, containerId: id, because, failed }
}

/** Why an empty node is marked, as read back from the mark. */
function markReason({ node }: Slot): string {
  if (node && isMarkedByMonitor(node)) return `Jenkins took its node offline: ${node.offlineReason}`
  return (node && ownReason(node)) || 'idle'
}

function endOfLending({ because }: World): string {
  return because ? `lending has ended: ${because}` : 'lending has ended'
}

function endOf(container: ObservedContainer): string {
  if (container.oomKilled) return 'it needed more memory than its label gives and was killed'
  return `it ended by itself with exit code ${container.exitCode ?? 'unknown'}`
}

/** The plan that a container was started with. */
export function planOf(container: ObservedContainer): SlotPlan {
  return {
    slot: container.slot,
    template: container.template,
    size: container.size,
    nodeLabels: container.nodeLabels,
  }
}
