import type { Demand, World } from '../world.ts'
import { canServe, type FleetMachine } from './fleet.ts'
import { standsBefore, turnOfRank } from './rank.ts'

/**
 * Whether it is this machine's turn to start a container for the build. Laptops that come before it, in an order that all of
 * them compute alike, get one turn after the other; a build that names one of our own nodes has no other taker.
 */
export function isOurTurn(demand: Demand, fleet: readonly FleetMachine[], world: World): boolean {
  const { wants, itemId } = demand
  if (wants.kind === 'node') return true
  const [usual] = world.templates.map(({ size }) => size).sort((a, b) => a.memoryBytes - b.memoryBytes)
  const sinceMs = world.nowMs - (world.recollection.firstSeen[itemId] ?? world.nowMs)
  const turnsGone = Math.floor(sinceMs / world.timing.turnMs)
  let rank = 0
  for (const machine of fleet) {
    if (turnOfRank(rank) > turnsGone) return false
    if (!standsBefore(itemId, machine.id, world.machine.id)) continue
    if (canServe(machine, wants.expression, usual ?? machine.total)) rank++
  }
  return turnOfRank(rank) <= turnsGone
}
