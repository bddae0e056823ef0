import { type FleetMachine, fleetOf } from '../fleet/fleet.ts'
import { isOurTurn } from '../fleet/turns.ts'
import { addSizes, fits, subtractSize } from '../labels/size.ts'
import { type Match, matchContainer } from '../match/match.ts'
import { planLike } from '../match/plan-like.ts'
import type { Action, Demand, Size, SlotPlan, World } from '../world.ts'
import { freeBudget } from './budget.ts'
import { slotKey, templateKey } from './recollect.ts'
import { type Slot, slotName } from './slots.ts'
import { type Supply, supplyFor, supplyOf } from './supply.ts'

/** A build that this machine does not start a container for right now, and why. */
export interface Waiting {
  itemId: number
  title: string
  reason: string
  /** Another laptop has the first say; there is nothing to be quick about. */
  isOthersTurn: boolean
}

export interface Assignment {
  actions: Action[]
  waiting: Waiting[]
  /** Idle slots that a waiting build will take: they stay whatever their age. */
  reserved: ReadonlySet<string>
}

/** A build that has waited this long for room keeps younger ones from taking it. */
const patienceMs = 120_000
const othersTurn = 'another laptop comes first'

/**
 * Gives each waiting build, oldest first, an executor that is free or coming, or opens a slot for it, or says why not.
 * Never plans beyond the budget.
 */
export function assign(slots: readonly Slot[], world: World): Assignment {
  const ledger = openLedger(slots, world)
  for (const slot of slots) if (slot.phase === 'awaited') giveBack(slot, ledger)
  const oldestFirst = [...world.demand].sort(
    (a, b) => a.waitingSinceMs - b.waitingSinceMs || a.itemId - b.itemId,
  )
  for (const demand of oldestFirst) {
    const reason = serve(demand, ledger)
    const { itemId, title } = demand
    if (reason) ledger.waiting.push({ itemId, title, reason, isOthersTurn: reason === othersTurn })
  }
  return ledger
}

interface Ledger extends Assignment {
  world: World
  slots: readonly Slot[]
  reserved: Set<string>
  supply: Supply[]
  fleet: readonly FleetMachine[]
  room: Size
  /** Slots that this round opens or empties. */
  used: Set<string>
  /** An older build has waited so long that the room is kept for it. */
  isReserved: boolean
}

function openLedger(slots: readonly Slot[], world: World): Ledger {
  return {
    actions: [],
    waiting: [],
    reserved: new Set(),
    world,
    slots,
    supply: supplyOf(slots, world),
    fleet: fleetOf(world.nodes, world.machine.id),
    room: freeBudget(world),
    used: new Set(),
    isReserved: false,
  }
}

/** A build that runs, or ran, on this very node waits for it to return: it gets a container like the one it lost. */
function giveBack(slot: Slot, ledger: Ledger): void {
  const { world } = ledger
  if (world.openness === 'closed' || isSetBack(slotKey(slot.name), world)) return
  const surroundings = { slot: slot.name, templates: world.templates, available: ledger.room }
  const plan = planLike({ labels: slot.node?.labels ?? [], ...surroundings })
  if (plan && !lacksImage(plan.template, ledger)) open(plan, 'a build waits for this node to return', ledger)
}

/** Serves one build; returns why it has to wait, or undefined when somebody will take it. */
function serve(demand: Demand, ledger: Ledger): string | undefined {
  const { world } = ledger
  const coming = supplyFor(demand, ledger.supply, ledger.slots)
  if (coming) {
    ledger.supply.splice(ledger.supply.indexOf(coming), 1)
    if (coming.slot) ledger.reserved.add(coming.node)
    return undefined
  }
  if (world.leaving || world.openness !== 'open') return 'this machine takes no builds at the moment'
  const slot = slotFor(demand, ledger)
  if (!slot) return `all ${world.machine.maxSlots} slots of this machine are in use`
  const match = matchFor(demand, slot, ledger)
  if ('impossible' in match) {
    if (match.impossible === 'busy') makeRoom(demand, match.size, ledger)
    return match.detail
  }
  const reason = postponed(demand, match.template, ledger)
  if (!reason) open({ slot, ...match }, demand.title, ledger)
  return reason
}

/** The slot in which a build would run: the one it names, else the lowest that is free. */
function slotFor(demand: Demand, ledger: Ledger): string | undefined {
  const { world, slots, used } = ledger
  const { wants } = demand
  const isFree = (name: string) => {
    const phase = slots.find((slot) => slot.name === name)?.phase ?? 'absent'
    return (
      ['absent', 'registered', 'announced'].includes(phase) &&
      !used.has(name) &&
      !isSetBack(slotKey(name), world)
    )
  }
  if (wants.kind === 'node' && isFree(wants.node)) return wants.node
  const names = Array.from({ length: world.machine.maxSlots }, (_, index) =>
    slotName(world.machine, index + 1),
  )
  return names.find(isFree)
}

function matchFor(demand: Demand, slot: string, ledger: Ledger): Match {
  const { world, room, slots } = ledger
  const { wants } = demand
  const { templates } = world
  if (wants.kind === 'expression') {
    const { expression } = wants
    const { budget } = world.machine
    return matchContainer({ expression, templates, available: room, budget, slotName: slot })
  }
  const labels = slots.find(({ name }) => name === wants.node)?.container?.nodeLabels ?? []
  const plan = planLike({ slot, labels, templates, available: room })
  if (plan) return plan
  const whole = planLike({ slot, labels, templates, available: world.machine.budget })
  const detail = whole ? 'this machine has no room left' : `no template makes a container like ${wants.node}`
  return whole ? { impossible: 'busy', size: whole.size, detail } : { impossible: 'no-template', detail }
}

/** Reasons to let this build wait although a container for it would fit. */
function postponed(demand: Demand, template: string, ledger: Ledger): string | undefined {
  const { world } = ledger
  if (ledger.isReserved) return 'an older build waits for room on this machine'
  const setback = world.recollection.setbacks[templateKey(template)]
  if (setback && setback.notBeforeMs > world.nowMs) {
    const seconds = Math.ceil((setback.notBeforeMs - world.nowMs) / 1000)
    return `containers of template ${template} failed to start ${setback.count} times; next try in ${seconds}s`
  }
  const hasJustFailed = ledger.slots.some(
    ({ phase, container }) => (phase === 'failed' || phase === 'lost') && container?.template === template,
  )
  if (hasJustFailed) return `a container of template ${template} has just failed`
  if (!isOurTurn(demand, ledger.fleet, world)) return othersTurn
  return lacksImage(template, ledger) ? `the image of template ${template} is being pulled` : undefined
}

/** Asks for a missing image once. */
function lacksImage(template: string, ledger: Ledger): boolean {
  if (!ledger.world.missingImages.includes(template)) return false
  const isAsked = ledger.actions.some((action) => action.kind === 'pull' && action.template === template)
  if (!isAsked) ledger.actions.push({ kind: 'pull', template })
  return true
}

function open(plan: SlotPlan, because: string, ledger: Ledger): void {
  const { slot, template, size, nodeLabels } = plan
  const nodeExists = ledger.slots.some(({ name, node }) => name === slot && node !== undefined)
  ledger.used.add(slot)
  ledger.room = subtractSize(ledger.room, size)
  ledger.actions.push({ kind: 'open', plan: { slot, template, size, nodeLabels }, because, nodeExists })
}

/** Ends idle containers that nobody waits for, longest idle first, as many as the build needs; none if that would not do. */
function makeRoom(demand: Demand, needed: Size, ledger: Ledger): void {
  const { world } = ledger
  if (world.nowMs - demand.waitingSinceMs > patienceMs) ledger.isReserved = true
  const idle = ledger.slots
    .filter(({ name, phase }) => phase === 'idle' && !ledger.reserved.has(name) && !ledger.used.has(name))
    .sort((a, b) => idleSince(a, world) - idleSince(b, world))
  const chosen: string[] = []
  const ending = ledger.slots.filter(({ phase }) => phase === 'stopping').map(sizeOf)
  let room = addSizes(ledger.room, ...ending)
  for (const slot of idle) {
    if (fits(needed, room)) break
    room = addSizes(room, sizeOf(slot))
    chosen.push(slot.name)
  }
  if (!fits(needed, room)) return
  for (const slot of chosen) {
    ledger.used.add(slot)
    ledger.actions.push({ kind: 'mark', slot, because: 'idle, and its room is needed' })
  }
  ledger.supply = ledger.supply.filter(({ node }) => !chosen.includes(node))
}

function sizeOf(slot: Slot): Size {
  return slot.container?.size ?? { cpus: 0, memoryBytes: 0 }
}

function idleSince(slot: Slot, world: World): number {
  return world.recollection.idleSince[slot.name] ?? world.nowMs
}

function isSetBack(key: string, world: World): boolean {
  return (world.recollection.setbacks[key]?.notBeforeMs ?? 0) > world.nowMs
}
