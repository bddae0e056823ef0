import type { Secret } from '../../core/secret.ts'
import { recollectFailure } from '../slots/recollect.ts'
import { emptyRecollection, type ObservedNode, type Recollection } from '../world.ts'
import type { Doubt } from './doubt.ts'
import type { Outcome } from './execute.ts'

/** What the daemon keeps between two looks. Losing it costs patience, never correctness: nothing of it is written down. */
export interface Mind {
  recollection: Recollection
  /** The nodes as last seen. */
  nodes: readonly ObservedNode[]
  session: string | undefined
  doubt: Doubt | undefined
  /** Something changed or failed, so the next look must not be a glance. */
  isUnsettled: boolean
  hasContainers: boolean
  /** Looks in a row that failed. */
  failures: number
  /** When a build for this machine was last seen waiting or running, ms. */
  lastDemandMs: number | undefined
  intendedPauseMs: number
  secrets: Map<string, Secret>
}

export function freshMind(): Mind {
  return {
    recollection: emptyRecollection,
    nodes: [],
    session: undefined,
    doubt: undefined,
    isUnsettled: true,
    hasContainers: false,
    failures: 0,
    lastDemandMs: undefined,
    intendedPauseMs: 0,
    secrets: new Map(),
  }
}

/** Lets slots and templates rest whose containers failed, or that the controller refused. */
export function learnFrom(outcomes: readonly Outcome[], mind: Mind, nowMs: number): void {
  for (const { action, error } of outcomes) {
    const failure = failureOf(action, error, mind)
    if (failure) mind.recollection = recollectFailure(mind.recollection, { ...failure, nowMs })
  }
}

function failureOf(action: Outcome['action'], error: unknown, mind: Mind) {
  if (action.kind === 'remove' && action.failed && !error) {
    const hadConnected = mind.recollection.connectedOnce[action.containerId]
    return hadConnected ? undefined : { slot: action.slot, template: action.template }
  }
  if (!error || action.kind === 'pull' || action.kind === 'remove') return undefined
  if (action.kind === 'open') return { slot: action.plan.slot, template: action.plan.template }
  return { slot: action.kind === 'restore' ? action.plan.slot : action.slot, template: undefined }
}
