import { inWords, isTransient } from '../../core/errors.ts'
import { type Side, sideOf } from './blame.ts'
import type { Gate } from './gate.ts'
import type { RoundResult } from './round.ts'

/** What the last looks told, for people. */
export interface DaemonState {
  gate: Gate
  /** The last look that was more than a glance. */
  last: RoundResult | undefined
  /** Builds that wait for other machines, as of the latest look. */
  waiting: RoundResult['waiting']
  /** Why the latest look failed; undefined when it did not. */
  trouble: Trouble | undefined
  /** Since when the controller answers, or does not, ms. */
  touchSinceMs: number
}

export interface Trouble {
  side: Side
  /** What failed, with the cure where one is known. */
  text: string
  /** It may go away without anybody doing anything. */
  isPassing: boolean
}

/** Before the first look: the controller was greeted a moment ago. */
export function freshState(nowMs: number): DaemonState {
  return {
    gate: { openness: 'open', because: '' },
    last: undefined,
    waiting: [],
    trouble: undefined,
    touchSinceMs: nowMs,
  }
}

/** The state after a look, or after one that failed. */
export function nextState(
  before: DaemonState,
  { gate, result, trouble }: { gate: Gate; result: RoundResult | undefined; trouble: Trouble | undefined },
  nowMs: number,
): DaemonState {
  const hasTurned = isAway(trouble) !== isAway(before.trouble)
  return {
    ...before,
    gate,
    last: result?.world ? result : before.last,
    waiting: result?.waiting ?? before.waiting,
    trouble,
    touchSinceMs: hasTurned ? nowMs : before.touchSinceMs,
  }
}

/** Whether it is the controller that does not answer. */
export function isAway(trouble: Trouble | undefined): boolean {
  return trouble?.side === 'controller'
}

/** A failed look in words for people. */
export function troubleOf(error: unknown): Trouble {
  return { side: sideOf(error), text: inWords(error), isPassing: isTransient(error) }
}
