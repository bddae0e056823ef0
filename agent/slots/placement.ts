import { planLike } from '../match/plan-like.ts'
import type { Demand, Size, World } from '../world.ts'
import { candidates, namedSlots, type Placement, place, slotNames } from './candidates.ts'
import { restsUntil, slotKey } from './recollect.ts'
import { labelsOf, type Phase, type Slot } from './slots.ts'

/** What a container has to find its place in. */
export interface Site {
  world: World
  slots: readonly Slot[]
  /** What may still be started. */
  room: Size
  /** Slots that are spoken for already. */
  used: ReadonlySet<string>
}

/** Where, and how large, a container for the build would run: in a slot that it names, else in the lowest that is free. */
export function findPlacement(demand: Demand, site: Site): Placement {
  const { world, room: available } = site
  const { wants } = demand
  const { templates, machine } = world
  const names = slotNames(machine)
  const named = namedSlots(demand, names)
  const free = [...new Set([...named, ...names])].filter((name) => isFree(name, site))
  if (free.length === 0) return refusal(`all ${machine.maxSlots} slots of this machine are in use`)
  if (wants.kind === 'node') return likeNode(wants.node, free[0] ?? wants.node, site)
  const request = { expression: wants.expression, templates, available, budget: machine.budget }
  const placement = place(request, candidates(free, named))
  if (!('impossible' in placement) || placement.impossible !== 'no-template') return placement
  const taken = named.filter((name) => !free.includes(name))
  const elsewhere = place({ ...request, available: machine.budget }, taken)
  return 'impossible' in elsewhere ? placement : refusal(`it asks for ${elsewhere.slot}, which is in use`)
}

const openable: readonly Phase[] = ['absent', 'registered', 'announced']

function isFree(name: string, { slots, used, world }: Site): boolean {
  const phase = slots.find((slot) => slot.name === name)?.phase ?? 'absent'
  return openable.includes(phase) && !used.has(name) && restsUntil(slotKey(name), world) === undefined
}

/** A container like the one of our own node that Jenkins named in place of the label. */
function likeNode(node: string, slot: string, { world, room, slots }: Site): Placement {
  const { templates, machine } = world
  const named = slots.find(({ name }) => name === node)
  const labels = named ? labelsOf(named) : []
  const plan = planLike({ slot, labels, templates, available: room })
  if (plan) return plan
  const whole = planLike({ slot, labels, templates, available: machine.budget })
  if (!whole) return refusal(`no template makes a container like ${node}`)
  return { impossible: 'busy', size: whole.size, detail: 'this machine has no room left' }
}

function refusal(detail: string): Placement {
  return { impossible: 'no-template', detail }
}
