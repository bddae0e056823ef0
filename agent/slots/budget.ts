import { subtractSize } from '../labels/size.ts'
import type { ObservedContainer, Size, World } from '../world.ts'

/** What may still be started: the machine's budget less every container that has not ended. */
export function freeBudget(world: World): Size {
  return world.containers
    .filter(takesRoom)
    .reduce((left, { size }) => subtractSize(left, size), world.machine.budget)
}

/** Containers that were merely created count too: the next moment they may run. */
export function takesRoom(container: ObservedContainer): boolean {
  return container.status !== 'exited' && container.status !== 'dead'
}
