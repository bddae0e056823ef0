import { type Assignment, assign } from './slots/assign.ts'
import { isReturning } from './slots/returning.ts'
import { settle } from './slots/settle.ts'
import { type Slot, slotsOf } from './slots/slots.ts'
import type { Action, World } from './world.ts'

export interface Decision {
  actions: Action[]
  slots: Slot[]
  waiting: Assignment['waiting']
}

/**
 * What to do next, told from nothing but what is the case now: (engine, controller, queue, policy, time) -> actions.
 * Pure. Carrying the actions out and asking again always ends in a state that needs none, and losing any of them, or
 * this whole process, at any point costs one round and nothing else.
 */
export function reconcile(world: World): Decision {
  const slots = slotsOf(world)
  const settled = slots.flatMap((slot) => settle(slot, world))
  const assigned = assign(slots, world)
  const claimed = new Set([...settled, ...assigned.actions].flatMap((action) => slotOf(action) ?? []))
  const expired = slots
    .filter((slot) => !claimed.has(slot.name) && !assigned.reserved.has(slot.name))
    .flatMap((slot) => retire(slot, world))
  return { actions: [...settled, ...assigned.actions, ...expired], slots, waiting: assigned.waiting }
}

/** Nobody wants this slot: an idle container has had its time, a node without one carries no labels. */
function retire(slot: Slot, world: World): Action[] {
  if (slot.phase === 'announced') return [{ kind: 'park', slot: slot.name }]
  const idleSinceMs = world.recollection.idleSince[slot.name]
  if (slot.phase !== 'idle' || idleSinceMs === undefined || isReturning(slot, world)) return []
  if (world.nowMs - idleSinceMs < world.timing.keepIdleMs) return []
  return [{ kind: 'mark', slot: slot.name, because: 'idle' }]
}

/** The slot that an action is about; pulling an image is about none. */
export function slotOf(action: Action): string | undefined {
  if (action.kind === 'pull') return undefined
  return action.kind === 'open' || action.kind === 'restore' ? action.plan.slot : action.slot
}
