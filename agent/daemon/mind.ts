import { isTransient } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { forgiveEnding, recollectFailure, recollectGuess } from '../slots/recollect.ts'
import { type Action, emptyRecollection, type ObservedNode, type Recollection } from '../world.ts'
import type { Doubt } from './doubt.ts'
import type { Outcome } from './execute.ts'
import type { Sight } from './look.ts'

/** What the daemon keeps between two looks. Losing it costs patience, never correctness: nothing of it is written down. */
export interface Mind {
  recollection: Recollection
  /** The nodes as last seen. */
  nodes: readonly ObservedNode[]
  session: string | undefined
  doubt: Doubt | undefined
  /** Something changed or failed: the next look comes soon, and is no glance. */
  isUnsettled: boolean
  /** Something is amiss that the queue does not tell of: the next look is no glance. */
  isWatchful: boolean
  hasContainers: boolean
  /** Names in the queue that no node had -> when they were last seen, ms. */
  strangers: Record<string, number>
  /** Looks in a row that failed. */
  failures: number
  /** When a build for this machine was last seen waiting or running, ms. */
  lastDemandMs: number | undefined
  /** When something that rests or waits is to be taken up again, ms. */
  dueMs: number | undefined
  intendedPauseMs: number
  /** Of our nodes: Jenkins derives them from the names, so they never change while the controller is the same. */
  secrets: Map<string, Secret>
}

export function freshMind(): Mind {
  return {
    recollection: emptyRecollection,
    nodes: [],
    session: undefined,
    doubt: undefined,
    isUnsettled: true,
    isWatchful: false,
    hasContainers: false,
    strangers: {},
    failures: 0,
    lastDemandMs: undefined,
    dueMs: undefined,
    intendedPauseMs: 0,
    secrets: new Map(),
  }
}

/** How long a name is remembered to be no node's, so that a label in everybody's queue is not looked for again and again. */
const strangerMs = 600_000

/** What a look leaves behind, whatever is made of it. */
export function remember(sight: Sight, mind: Mind, nowMs: number): void {
  // A controller with another home derives other secrets, and comes with a restart.
  if (sight.session !== mind.session) mind.secrets.clear()
  mind.session = sight.session
  mind.doubt = sight.doubt
  mind.hasContainers = sight.containers.length > 0
  mind.nodes = sight.nodes ?? mind.nodes
  mind.isUnsettled = false
  const seenLately = Object.entries(mind.strangers).filter(([, seenMs]) => nowMs - seenMs < strangerMs)
  const seenNow = sight.strangeNames.map((name) => [name, nowMs] as const)
  mind.strangers = Object.fromEntries([...seenLately, ...seenNow])
}

/** Learns from what became of actions: what failed rests. */
export function learnFrom(outcomes: readonly Outcome[], mind: Mind, nowMs: number): void {
  for (const { action, error } of outcomes) {
    mind.recollection = error
      ? afterRefusal(mind.recollection, { action, error, nowMs })
      : afterSuccess(mind.recollection, action, nowMs)
  }
}

function afterSuccess(before: Recollection, action: Action, nowMs: number): Recollection {
  if (action.kind === 'open' && action.guessFor !== undefined) {
    return recollectGuess(before, action.guessFor, nowMs)
  }
  if (!isEnding(action)) return before
  const after = forgiveEnding(before, action.slot)
  const isFailedStart = action.kind === 'remove' && action.failed && !before.connectedOnce[action.containerId]
  if (!isFailedStart) return after
  return recollectFailure(after, { slot: action.slot, template: action.template, nowMs })
}

function afterRefusal(
  before: Recollection,
  { action, error, nowMs }: { action: Action; error: unknown; nowMs: number },
): Recollection {
  if (action.kind === 'pull') return before
  if (isEnding(action)) return recollectFailure(before, { ending: action.slot, nowMs })
  if (action.kind === 'restore') return recollectFailure(before, { slot: action.plan.slot, nowMs })
  if (action.kind !== 'open') return recollectFailure(before, { slot: action.slot, nowMs })
  // A controller or an engine that was away for a moment says nothing about the template.
  const template = isTransient(error) ? undefined : action.plan.template
  return recollectFailure(before, { slot: action.plan.slot, template, nowMs })
}

export type Ending = Extract<Action, { kind: 'mark' | 'remove' | 'unregister' }>

/** Endings wait for nothing but their own failures: the owner wants the machine back. */
export function isEnding(action: Action): action is Ending {
  return action.kind === 'mark' || action.kind === 'remove' || action.kind === 'unregister'
}
