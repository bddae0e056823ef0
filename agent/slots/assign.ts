import { formatDuration } from '../../core/units.ts'
import { type FleetMachine, fleetOf } from '../fleet/fleet.ts'
import { isOurTurn } from '../fleet/turns.ts'
import type { LabelExpression } from '../labels/expression.ts'
import { subtractSize } from '../labels/size.ts'
import { planLike } from '../match/plan-like.ts'
import type { Action, Demand, Size, SlotPlan, World } from '../world.ts'
import { freeBudget } from './budget.ts'
import type { Placement } from './candidates.ts'
import { findPlacement, type Site } from './placement.ts'
import { restsUntil, slotKey, templateKey } from './recollect.ts'
import { isReturning } from './returning.ts'
import { roomFor } from './room.ts'
import type { Slot } from './slots.ts'
import { type Supply, supplyFor, supplyOf } from './supply.ts'

/** A build that this machine does not start a container for right now, and why. */
export interface Waiting {
  itemId: number
  title: string
  reason: string
  /** When time alone changes that, ms. */
  retryAtMs?: number
}

export interface Assignment {
  actions: Action[]
  waiting: Waiting[]
  /** Idle slots that a waiting build will take: they stay whatever their age. */
  reserved: ReadonlySet<string>
}

/** A build that has waited this long for room keeps younger ones from taking it. */
const patienceMs = 120_000

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
    const wait = serve(demand, ledger)
    if (wait) ledger.waiting.push({ itemId: demand.itemId, title: demand.title, ...wait })
  }
  return ledger
}

interface Ledger extends Assignment, Site {
  reserved: Set<string>
  supply: Supply[]
  fleet: readonly FleetMachine[]
  /** Slots that this round opens or empties. */
  used: Set<string>
  /** An older build has waited so long that the room is kept for it. */
  isReserved: boolean
  /** Labels that nothing in the supply serves; it only shrinks. */
  unserved: Set<LabelExpression>
  /** What labels came to since the last opening: in a long queue few of them stand many times. */
  placements: Map<LabelExpression, Placement>
}

type Wait = Pick<Waiting, 'reason' | 'retryAtMs'>

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
    unserved: new Set(),
    placements: new Map(),
  }
}

/** A build that runs, or ran, on this very node waits for it to return: it gets a container like the one it lost. */
function giveBack(slot: Slot, ledger: Ledger): void {
  const { world } = ledger
  if (world.openness === 'closed' || restsUntil(slotKey(slot.name), world) !== undefined) return
  const surroundings = { slot: slot.name, templates: world.templates, available: ledger.room }
  const plan = planLike({ labels: slot.node?.labels ?? [], ...surroundings })
  if (!plan || restsUntil(templateKey(plan.template), world) !== undefined) return
  if (!lacksImage(plan.template, ledger)) {
    open(plan, ledger, { because: 'a build waits for this node to return' })
  }
}

/** Serves one build; returns why it has to wait, or undefined when somebody will take it. */
function serve(demand: Demand, ledger: Ledger): Wait | undefined {
  const { world } = ledger
  const coming = comingFor(demand, ledger)
  const isTried = world.recollection.guesses[demand.itemId] !== undefined
  // A container that was started on a guess and idles although the build waits shows that the guess was wrong.
  if (coming && !(isTried && isGuess(demand) && coming.slot?.phase === 'idle')) {
    ledger.supply.splice(ledger.supply.indexOf(coming), 1)
    if (coming.slot) ledger.reserved.add(coming.node)
    return undefined
  }
  if (isTried && isGuess(demand)) return { reason: guessFailed(demand) }
  if (world.leaving || world.openness !== 'open') {
    return { reason: 'this machine takes no builds at the moment' }
  }
  const placement = placementFor(demand, ledger)
  if ('impossible' in placement) {
    if (placement.impossible === 'busy') makeRoom(demand, placement.size, ledger)
    return { reason: placement.detail }
  }
  const wait = postponed(demand, placement.template, ledger)
  if (!wait) open(placement, ledger, { because: demand.title, demand })
  return wait
}

function comingFor(demand: Demand, { supply, slots, unserved }: Ledger): Supply | undefined {
  const { wants } = demand
  if (wants.kind === 'node') return supplyFor(demand, supply, slots)
  if (unserved.has(wants.expression)) return undefined
  const coming = supplyFor(demand, supply, slots)
  if (!coming) unserved.add(wants.expression)
  return coming
}

/** In a long queue few labels stand many times. */
function placementFor(demand: Demand, ledger: Ledger): Placement {
  const { wants } = demand
  if (wants.kind === 'node') return findPlacement(demand, ledger)
  const placement = ledger.placements.get(wants.expression) ?? findPlacement(demand, ledger)
  ledger.placements.set(wants.expression, placement)
  return placement
}

/** Reasons to let this build wait although a container for it would fit. */
function postponed(demand: Demand, template: string, ledger: Ledger): Wait | undefined {
  const { world, slots, fleet } = ledger
  if (ledger.isReserved) return { reason: 'an older build waits for room on this machine' }
  const retryAtMs = restsUntil(templateKey(template), world)
  if (retryAtMs !== undefined) {
    const { count = 0 } = world.recollection.setbacks[templateKey(template)] ?? {}
    const next = formatDuration(retryAtMs - world.nowMs)
    const reason = `containers of template ${template} failed to start, ${count} in a row; next try in ${next}`
    return { reason, retryAtMs }
  }
  const hasJustFailed = slots.some(
    ({ phase, container }) => (phase === 'failed' || phase === 'lost') && container?.template === template,
  )
  if (hasJustFailed) return { reason: `a container of template ${template} has just failed` }
  if (!isOurTurn(demand, fleet, world)) {
    return { reason: 'another laptop comes first', retryAtMs: nextTurnMs(demand, world) }
  }
  if (lacksImage(template, ledger)) return { reason: `the image of template ${template} is being pulled` }
  return undefined
}

function nextTurnMs({ itemId }: Demand, { nowMs, timing: { turnMs }, recollection }: World): number {
  const sinceMs = recollection.firstSeen[itemId] ?? nowMs
  return sinceMs + (Math.floor((nowMs - sinceMs) / turnMs) + 1) * turnMs
}

/** Asks for a missing image once. */
function lacksImage(template: string, ledger: Ledger): boolean {
  if (!ledger.world.missingImages.includes(template)) return false
  const isAsked = ledger.actions.some((action) => action.kind === 'pull' && action.template === template)
  if (!isAsked) ledger.actions.push({ kind: 'pull', template })
  return true
}

function open(
  { slot, template, size, nodeLabels }: SlotPlan,
  ledger: Ledger,
  { because, demand }: { because: string; demand?: Demand },
): void {
  const nodeExists = ledger.slots.some(({ name, node }) => name === slot && node !== undefined)
  const plan = { slot, template, size, nodeLabels }
  ledger.used.add(slot)
  ledger.room = subtractSize(ledger.room, size)
  ledger.placements.clear()
  ledger.actions.push({
    kind: 'open',
    plan,
    because,
    nodeExists,
    ...(demand && isGuess(demand) && { guessFor: demand.itemId }),
  })
}

/** Ends idle containers that nobody waits for, as many as the build needs. */
function makeRoom(demand: Demand, needed: Size, ledger: Ledger): void {
  const { world, slots, reserved, used, room } = ledger
  if (world.nowMs - demand.waitingSinceMs > patienceMs) ledger.isReserved = true
  const returning = slots.filter((slot) => isReturning(slot, world)).map(({ name }) => name)
  const spared = new Set([...reserved, ...used, ...returning])
  const chosen = roomFor(needed, { room, slots, spared, idleSince: world.recollection.idleSince })
  if (chosen.length === 0) return
  for (const slot of chosen) {
    ledger.used.add(slot)
    ledger.actions.push({ kind: 'mark', slot, because: 'idle, and its room is needed' })
  }
  ledger.supply = ledger.supply.filter(({ node }) => !chosen.includes(node))
}

function isGuess({ wants }: Demand): boolean {
  return wants.kind === 'expression' && wants.inferredFrom !== undefined
}

function guessFailed({ wants }: Demand): string {
  const node = wants.kind === 'expression' ? wants.inferredFrom : wants.node
  return `Jenkins names ${node} instead of the label, and a container like that one was tried already`
}
