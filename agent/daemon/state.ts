import type { Openness } from '../world.ts'
import type { RoundResult } from './round.ts'

/** How far the owner lends right now, and why. */
export interface Gate {
  openness: Openness
  because: string
  /** When that ends by itself, ms. */
  untilMs?: number
}

/** What the last looks told, for `status`. */
export interface DaemonState {
  gate: Gate
  /** The last look that was more than a glance. */
  last: RoundResult | undefined
  /** Why the latest look failed; undefined when it did not. */
  trouble: string | undefined
  isLeaving: boolean
}
