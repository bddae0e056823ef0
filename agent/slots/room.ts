import { addSizes, fits } from '../labels/size.ts'
import type { Size } from '../world.ts'
import type { Slot } from './slots.ts'

export interface RoomOptions {
  /** What is free already. */
  room: Size
  slots: readonly Slot[]
  /** Slots that are not to be touched. */
  spared: ReadonlySet<string>
  /** Slot -> since when its container idles, ms. */
  idleSince: Readonly<Record<string, number>>
}

/**
 * Idle slots to be emptied so that a container of the size fits: longest idle first, as few as will do. None when that
 * would not be enough, or when what is ending anyway is.
 */
export function roomFor(needed: Size, { room, slots, spared, idleSince }: RoomOptions): string[] {
  const since = ({ name }: Slot) => idleSince[name] ?? Number.MAX_SAFE_INTEGER
  const idle = slots
    .filter(({ name, phase }) => phase === 'idle' && !spared.has(name))
    .sort((a, b) => since(a) - since(b))
  const ending = slots.filter(({ phase }) => phase === 'stopping').map(sizeOf)
  let free = addSizes(room, ...ending)
  const chosen: string[] = []
  for (const slot of idle) {
    if (fits(needed, free)) break
    free = addSizes(free, sizeOf(slot))
    chosen.push(slot.name)
  }
  return fits(needed, free) ? chosen : []
}

function sizeOf(slot: Slot): Size {
  return slot.container?.size ?? { cpus: 0, memoryBytes: 0 }
}
