import type { World } from '../world.ts'
import { ownReason, type Slot } from './slots.ts'

/** Whether the slot's container may run a Pipeline that Jenkins is about to carry on after a restart, though its node looks idle. */
export function isReturning({ name }: Slot, { recollection }: World): boolean {
  return recollection.returningSince[name] !== undefined
}

/**
 * Whether an emptied slot has to go back to work: a build waits for just this node, which may be a Pipeline that Jenkins
 * carries on after a restart and nowhere else. While no builds are taken, that is believed only shortly after a restart.
 */
export function isWantedBack(slot: Slot, world: World): boolean {
  const { name, phase, node } = slot
  // A mark that is not ours is not ours to clear.
  if (phase !== 'stopping' || !node || ownReason(node) === undefined) return false
  const isTrusted = world.openness === 'open' || (world.openness === 'finishing' && isReturning(slot, world))
  return isTrusted && world.demand.some(({ wants }) => wants.kind === 'node' && wants.node === name)
}
