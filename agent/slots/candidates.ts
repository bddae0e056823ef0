import { atoms } from '../labels/evaluate.ts'
import { type Fit, type Match, type MatchRequest, matchContainer } from '../match/match.ts'
import type { Demand, Machine } from '../world.ts'
import { slotName } from './slots.ts'

/** Names of all slots that this machine may have, in order. */
export function slotNames(machine: Pick<Machine, 'name' | 'maxSlots'>): string[] {
  return Array.from({ length: machine.maxSlots }, (_, index) => slotName(machine, index + 1))
}

/** The slots that a build names, by its label or because Jenkins named the node itself: they come before all others. */
export function namedSlots({ wants }: Pick<Demand, 'wants'>, names: readonly string[]): string[] {
  if (wants.kind === 'node') return [wants.node]
  return atoms(wants.expression).filter((atom) => names.includes(atom))
}

/** The names worth matching: to an expression that does not name them, all others are alike. */
export function candidates(names: readonly string[], named: readonly string[]): string[] {
  const other = names.find((name) => !named.includes(name))
  return [...named.filter((name) => names.includes(name)), ...(other === undefined ? [] : [other])]
}

export type Placement = (Fit & { slot: string }) | Exclude<Match, Fit>

/** The first of the slots in which a container for the expression fits; else what comes nearest to fitting. */
export function place(request: Omit<MatchRequest, 'slotName'>, slots: readonly string[]): Placement {
  const none: Placement = { impossible: 'no-template', detail: 'no slot is left' }
  let nearest: Exclude<Match, Fit> | undefined
  for (const slot of slots) {
    const match = matchContainer({ ...request, slotName: slot })
    if (!('impossible' in match)) return { slot, ...match }
    if (!nearest || nearness[match.impossible] > nearness[nearest.impossible]) nearest = match
  }
  return nearest ?? none
}

const nearness = { 'no-template': 0, 'too-large': 1, busy: 2 }
