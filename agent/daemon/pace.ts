import type { AgentConfig } from '../config/schema.ts'

/** How lively things are: told from what the last look found. */
export interface Liveliness {
  /** A build that this machine could serve waits, or a slot is changing. */
  isHot: boolean
  /** Containers of ours run. */
  hasContainers: boolean
  /** When a build for this machine was last seen waiting or running, ms; undefined: never. */
  lastDemandMs: number | undefined
  /** Looks in a row that failed because the controller did not answer. */
  failures: number
}

/** Between two looks while containers run or demand was seen lately: shorter than the 2 s within which we react. */
const warmMs = 2_000
/** How long demand counts as lately. */
const afterglowMs = 120_000
const longestPauseMs = 60_000

/**
 * Time until the next look, in ms. A cold queue is asked once every `poll.idle` (10 s: six requests a minute), so that a
 * thousand idle laptops are 100 requests a second to nobody's harm; a controller that is away is asked ever more seldom.
 */
export function pause(liveliness: Liveliness, poll: AgentConfig['poll'], nowMs: number): number {
  if (liveliness.failures > 0) {
    return Math.min(longestPauseMs, Math.max(poll.busy, 1000) * 2 ** Math.min(liveliness.failures - 1, 6))
  }
  if (liveliness.isHot) return poll.busy
  const isRecent = liveliness.lastDemandMs !== undefined && nowMs - liveliness.lastDemandMs < afterglowMs
  return liveliness.hasContainers || isRecent ? Math.min(poll.idle, Math.max(poll.busy, warmMs)) : poll.idle
}
