import type { AgentConfig } from '../config/schema.ts'

/** How lively things are: told from what the last look found. */
export interface Liveliness {
  /** A slot is changing, or the daemon is on its way out. */
  isHot: boolean
  /** Containers of ours run. */
  hasContainers: boolean
  /** When a build for this machine was last seen waiting or running, ms; undefined: never. */
  lastDemandMs: number | undefined
  /** When something that rests or waits is to be taken up again, ms. */
  dueMs: number | undefined
  /** Looks in a row that failed because the controller or the engine did not answer. */
  failures: number
}

/** Between two looks while containers run or demand was seen lately: shorter than the 2 s within which we react. */
const warmMs = 1_800
/** How long demand counts as lately. */
const afterglowMs = 120_000
const longestPauseMs = 60_000

/**
 * Time until the next look, in ms. A cold queue is asked once every `poll.idle` (10 s: six requests a minute), so that a
 * thousand idle laptops are 100 requests a second to nobody's harm; a controller that is away is asked ever more seldom.
 */
export function pause(liveliness: Liveliness, poll: AgentConfig['poll'], nowMs: number): number {
  const { failures, isHot, hasContainers, lastDemandMs, dueMs } = liveliness
  if (failures > 0) {
    return Math.min(longestPauseMs, Math.max(poll.busy, 1000) * 2 ** Math.min(failures - 1, 6))
  }
  if (isHot) return poll.busy
  const isRecent = lastDemandMs !== undefined && nowMs - lastDemandMs < afterglowMs
  const isWarm = hasContainers || isRecent
  const pauseMs = isWarm ? Math.min(poll.idle, Math.max(poll.busy, warmMs)) : poll.idle
  return dueMs === undefined || dueMs <= nowMs
    ? pauseMs
    : Math.min(pauseMs, Math.max(poll.busy, dueMs - nowMs))
}
