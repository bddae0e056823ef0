import { tagOf } from '../fleet/node-tag.ts'
import type { ObservedContainer, ObservedNode, Recollection, World } from '../world.ts'
import { isConnected, isOwn } from './slots.ts'

/** How long a failure is held against what failed, after it may be tried again. */
const grudgeMs = 600_000
/** After a restart Jenkins puts the Pipelines that ran back into its queue, within seconds of being there again. */
const returnMs = 30_000
/** So long a Pipeline may wait there for its node (workflow-durable-task-step ExecutorStepExecution.java). */
const namedReturnMs = 300_000
/** How long a guess is remembered after its build can no longer be seen: Jenkins may hide it for a while. */
const guessMs = 600_000

/**
 * The recollection after a look at the world: since when things are as they are. What is gone is forgotten, so it never grows.
 * A connection proves that slot and template work, and ends their setbacks.
 */
export function recollect(before: Recollection, world: Omit<World, 'recollection'>): Recollection {
  const { nowMs, containers, nodes, demand } = world
  const running = containers.filter(({ status }) => status === 'running')
  const nodeOf = (name: string) => nodes.find((node) => node.name === name)
  const isUp = ({ slot }: ObservedContainer) => {
    const node = nodeOf(slot)
    return node !== undefined && isConnected(node)
  }
  const up = running.filter(isUp)
  const idle = up.filter(({ slot }) => nodeOf(slot)?.idle)
  const busy = up.filter(({ slot }) => nodeOf(slot)?.idle === false)
  const since = (table: Readonly<Record<string, number>>, keys: (string | number)[]) =>
    Object.fromEntries(keys.map((key) => [key, table[key] ?? nowMs]))
  const waiting = demand.map(({ itemId }) => itemId)
  return {
    idleSince: since(before.idleSince, slotsOf(idle)),
    offlineSince: since(before.offlineSince, slotsOf(running.filter((container) => !isUp(container)))),
    busySince: since(
      before.busySince,
      busy.map(({ slot }) => buildKey(slot, nodeOf(slot))),
    ),
    deafSince: since(before.deafSince, slotsOf(up.filter(({ link }) => link === 'connecting'))),
    claimSince: since(
      before.claimSince,
      nodes.filter((node) => isClaim(node, world)).map(({ name }) => name),
    ),
    firstSeen: since(before.firstSeen, waiting),
    guesses: keep(
      before.guesses,
      (itemId, atMs) => waiting.includes(Number(itemId)) || nowMs - atMs < guessMs,
    ),
    connectedOnce: Object.fromEntries(
      containers
        .filter((one) => before.connectedOnce[one.id] || up.includes(one))
        .map(({ id }) => [id, true as const]),
    ),
    session: world.session ?? before.session,
    returningSince: returningSince(before, world),
    setbacks: keep(
      before.setbacks,
      (key, { notBeforeMs }) =>
        nowMs - notBeforeMs < grudgeMs &&
        !up.some(({ slot, template }) => key === slotKey(slot) || key === templateKey(template)),
    ),
  }
}

/**
 * Nobody knows what runs in a container when the controller comes back: a build may have begun there after the last look.
 * So all of them count, each until a build shows on its node, or long enough to be sure that none will.
 */
function returningSince(
  { session, returningSince: known }: Recollection,
  { nowMs, containers, nodes, demand, session: current }: Omit<World, 'recollection'>,
): Record<string, number> {
  const isRestarted = session !== undefined && current !== undefined && session !== current
  const entries = containers.flatMap(({ slot, status }) => {
    const sinceMs = isRestarted ? nowMs : known[slot]
    if (sinceMs === undefined || status !== 'running') return []
    const isNamed = demand.some(({ wants }) => wants.kind === 'node' && wants.node === slot)
    const isBack = nodes.find(({ name }) => name === slot)?.idle === false
    const patienceMs = isNamed ? namedReturnMs : isBack ? 0 : returnMs
    return nowMs - sinceMs < patienceMs ? [[slot, sinceMs] as const] : []
  })
  return Object.fromEntries(entries)
}

function slotsOf(containers: readonly ObservedContainer[]): string[] {
  return containers.map(({ slot }) => slot)
}

function keep<T>(
  table: Readonly<Record<string, T>>,
  isKept: (key: string, value: T) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(table).filter(([key, value]) => isKept(key, value)))
}

/** What a build on a node is remembered by: itself, or the slot where we may not see it. */
export function buildKey(slot: string, node: Pick<ObservedNode, 'builds'> | undefined): string {
  return node?.builds[0] ?? slot
}

/** How long things rest after a failure, ms: the first time, and at most. Each time is twice as long as the one before. */
interface Rest {
  firstMs: number
  longestMs: number
}

/** After a start: what failed once mostly fails again until somebody does something about it. */
const startRest: Rest = { firstMs: 10_000, longestMs: 600_000 }
/** After an ending: it has to succeed some time, and the machine's owner waits for it. */
const endRest: Rest = { firstMs: 2_000, longestMs: 60_000 }

/** The recollection after a failure: what failed rests, twice as long each time. */
export function recollectFailure(
  before: Recollection,
  failure: { slot?: string; template?: string | undefined; ending?: string; nowMs: number },
): Recollection {
  const { slot, template, ending, nowMs } = failure
  let setbacks = before.setbacks
  if (slot !== undefined) setbacks = afterFailure(setbacks, slotKey(slot), { nowMs, ...startRest })
  if (template !== undefined)
    setbacks = afterFailure(setbacks, templateKey(template), { nowMs, ...startRest })
  if (ending !== undefined) setbacks = afterFailure(setbacks, endingKey(ending), { nowMs, ...endRest })
  return { ...before, setbacks }
}

function afterFailure(
  setbacks: Recollection['setbacks'],
  key: string,
  { nowMs, firstMs, longestMs }: Rest & { nowMs: number },
): Recollection['setbacks'] {
  const count = (setbacks[key]?.count ?? 0) + 1
  const restMs = Math.min(longestMs, firstMs * 2 ** Math.min(count - 1, 10))
  return { ...setbacks, [key]: { count, notBeforeMs: nowMs + restMs } }
}

/** The recollection after an ending that succeeded: the next one need not rest. */
export function forgiveEnding(before: Recollection, slot: string): Recollection {
  return { ...before, setbacks: keep(before.setbacks, (key) => key !== endingKey(slot)) }
}

/** The recollection after a container was started for a build whose label was only inferred. */
export function recollectGuess(before: Recollection, itemId: number, nowMs: number): Recollection {
  return { ...before, guesses: { ...before.guesses, [itemId]: nowMs } }
}

/** When something that failed may be tried again, ms; undefined: now. */
export function restsUntil(
  key: string,
  { recollection, nowMs }: Pick<World, 'recollection' | 'nowMs'>,
): number | undefined {
  const untilMs = recollection.setbacks[key]?.notBeforeMs ?? 0
  return untilMs > nowMs ? untilMs : undefined
}

export function slotKey(slot: string): string {
  return `slot ${slot}`
}

export function templateKey(template: string): string {
  return `template ${template}`
}

/** Marking a slot, and removing what is in it. */
export function endingKey(slot: string): string {
  return `ending of ${slot}`
}

/** Another laptop's node that carries labels although nobody is connected: a container on its way. */
function isClaim(node: ObservedNode, world: Omit<World, 'recollection'>): boolean {
  const tag = tagOf(node)
  return tag !== undefined && !isOwn(node, world.machine) && !isConnected(node) && node.labels.length > 0
}
