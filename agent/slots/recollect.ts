import { parseNodeDescription } from '../fleet/fleet.ts'
import type { ObservedContainer, ObservedNode, Recollection, World } from '../world.ts'
import { isConnected, isOwn } from './slots.ts'

const firstSetbackMs = 10_000
const longestSetbackMs = 600_000

/**
 * The recollection after a look at the world: since when things are as they are. What is gone is forgotten, so it never grows.
 * A connection proves that slot and template work, and ends their setbacks.
 */
export function recollect(before: Recollection, world: Omit<World, 'recollection'>): Recollection {
  const running = world.containers.filter(({ status }) => status === 'running')
  const nodeOf = (name: string) => world.nodes.find((node) => node.name === name)
  const isUp = (container: ObservedContainer) => {
    const node = nodeOf(container.slot)
    return node !== undefined && isConnected(node)
  }
  const up = running.filter(isUp)
  const since = (table: Readonly<Record<string, number>>, keys: (string | number)[]) =>
    Object.fromEntries(keys.map((key) => [key, table[key] ?? world.nowMs]))
  return {
    idleSince: since(
      before.idleSince,
      up.filter(({ slot }) => nodeOf(slot)?.idle).map(({ slot }) => slot),
    ),
    offlineSince: since(
      before.offlineSince,
      running.filter((container) => !isUp(container)).map(({ slot }) => slot),
    ),
    claimSince: since(
      before.claimSince,
      world.nodes.filter((node) => isClaim(node, world)).map(({ name }) => name),
    ),
    firstSeen: since(
      before.firstSeen,
      world.demand.map(({ itemId }) => itemId),
    ),
    connectedOnce: Object.fromEntries(
      world.containers
        .filter((one) => before.connectedOnce[one.id] || up.includes(one))
        .map(({ id }) => [id, true as const]),
    ),
    setbacks: Object.fromEntries(
      Object.entries(before.setbacks).filter(
        ([key]) => !up.some(({ slot, template }) => key === slotKey(slot) || key === templateKey(template)),
      ),
    ),
  }
}

/** The recollection after a failed start: the slot and the template rest, twice as long each time. */
export function recollectFailure(
  before: Recollection,
  failure: { slot?: string; template?: string | undefined; nowMs: number },
): Recollection {
  const keys = [
    ...(failure.slot ? [slotKey(failure.slot)] : []),
    ...(failure.template ? [templateKey(failure.template)] : []),
  ]
  const setbacks = { ...before.setbacks }
  for (const key of keys) {
    const count = (setbacks[key]?.count ?? 0) + 1
    const restMs = Math.min(longestSetbackMs, firstSetbackMs * 2 ** Math.min(count - 1, 10))
    setbacks[key] = { count, notBeforeMs: failure.nowMs + restMs }
  }
  return { ...before, setbacks }
}

export function slotKey(slot: string): string {
  return `slot ${slot}`
}

export function templateKey(template: string): string {
  return `template ${template}`
}

/** Another laptop's node that carries labels although nobody is connected: a container on its way. */
function isClaim(node: ObservedNode, world: Omit<World, 'recollection'>): boolean {
  const tag = parseNodeDescription(node.description)
  return tag !== undefined && !isOwn(node, world.machine) && !isConnected(node) && node.labels.length > 0
}
