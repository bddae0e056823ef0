import type { Openness } from '../world.ts'
import { withinHours } from './hours.ts'
import { type Circumstances, type Objection, objectionsTo, type Policy } from './objections.ts'
import type { Readings } from './sensor.ts'

/** What one decision leaves to the next. Losing it costs patience, never correctness. */
export interface OpennessMemory {
  /** Since when builds are waited for, and when there last was a reason to, ms. */
  endedSinceMs?: number
  endedAtMs?: number
  /** When a sensor last spoke against lending, ms, and what it said. */
  troubledAtMs?: number
  trouble?: string
}

export interface OpennessAnswer {
  openness: Openness
  /** Why, in words for people. */
  because: string
  /** When that changes by itself, ms; undefined when nobody knows. */
  untilMs: number | undefined
  /** Policies that the owner asked for and that cannot be kept on this machine, with the reason. */
  doubts: string[]
  memory: OpennessMemory
}

/** Sensors have to be content for so long before lending begins again, so that a loose plug does not flap the node. */
export const settleMs = 60_000

/**
 * Decides how far the door is open: take builds, only let those that run end, or stop. The ladder: take no more, let builds end,
 * and after policy.finishWithin stop what still runs. Pure; hand `memory` of the answer to the next call.
 */
export function decideOpenness(question: Circumstances & { memory: OpennessMemory }): OpennessAnswer {
  const { nowMs, policy, hours, readings } = question
  const objections = objectionsTo(question)
  const memory = remember(question.memory, objections, nowMs)
  const doubts = doubtsAbout(policy, readings)

  if (objections.length > 0) {
    const because = objections.map((objection) => objection.because).join(', and ')
    const untilMs = objections.length === 1 ? objections[0]?.untilMs : undefined
    const openness = objections.some((one) => mustStop(one, memory, question)) ? 'closed' : 'finishing'
    return { openness, because, untilMs, doubts, memory }
  }
  const settledAtMs = memory.troubledAtMs === undefined ? nowMs : memory.troubledAtMs + settleMs
  if (settledAtMs > nowMs) {
    const because = `it waits a minute after this: ${memory.trouble}`
    return { openness: 'finishing', because, untilMs: settledAtMs, doubts, memory }
  }
  const untilMs = withinHours(hours, nowMs).changesAtMs
  return { openness: 'open', because: 'nothing speaks against lending', untilMs, doubts, memory: {} }
}

function mustStop(objection: Objection, memory: OpennessMemory, { policy, nowMs }: Circumstances): boolean {
  if (objection.demands === 'wait') return false
  if (objection.demands === 'stop') return true
  const sinceMs = objection.sinceMs ?? memory.endedSinceMs ?? nowMs
  return nowMs - sinceMs >= policy.finishWithin
}

/** Times in the future come from a clock that was set back; they count as now. */
function remember(before: OpennessMemory, objections: readonly Objection[], nowMs: number): OpennessMemory {
  const past = (ms: number | undefined) => (ms === undefined ? undefined : Math.min(ms, nowMs))
  const endedAtMs = objections.some(({ demands }) => demands !== 'wait') ? nowMs : past(before.endedAtMs)
  const isEnding = endedAtMs !== undefined && nowMs - endedAtMs < settleMs
  const troubles = objections.filter(({ fickle }) => fickle).map(({ because }) => because)
  const troubledAtMs = troubles.length > 0 ? nowMs : past(before.troubledAtMs)
  const trouble = troubles[0] ?? before.trouble
  return {
    ...(isEnding && { endedAtMs, endedSinceMs: past(before.endedSinceMs) ?? nowMs }),
    ...(troubledAtMs !== undefined && { troubledAtMs }),
    ...(trouble !== undefined && { trouble }),
  }
}

function doubtsAbout(policy: Policy, readings: Readings): string[] {
  const { power, idleForMs, foreignLoad, freeDiskBytes, metered } = readings
  const wanted = [
    ['onBattery', policy.onBattery !== 'ignore', power],
    ['userActive', policy.userActive !== 'ignore', idleForMs],
    ['onMetered', policy.onMetered !== 'ignore', metered],
    ['maxLoad', policy.maxLoad !== undefined, foreignLoad],
    ['minFreeDisk', policy.minFreeDisk > 0, freeDiskBytes],
  ] as const
  return wanted.flatMap(([key, isWanted, reading]) =>
    isWanted && !reading.known ? [`policy.${key} cannot be kept: ${reading.why}`] : [],
  )
}
