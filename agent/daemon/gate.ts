import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { AgentConfig } from '../config/schema.ts'
import { decideOpenness, type OpennessMemory } from '../policy/decide.ts'
import { parseHours } from '../policy/hours.ts'
import type { Readings } from '../policy/sensor.ts'
import type { Openness } from '../world.ts'
import type { Wish } from './wish.ts'

/** How far the owner lends right now, and why. */
export interface Gate {
  openness: Openness
  because: string
  /** When that ends by itself, ms. */
  untilMs?: number
}

export interface GateOptions {
  policy: AgentConfig['policy']
  watch: () => Promise<Readings>
  /** What the owner asked for last. */
  wish: () => Wish
  clock: Clock
  log: Log
}

/** Joins the owner's standing policy and latest wish into one answer to: may builds come in now? */
export function createGate({ policy, watch, wish, clock, log }: GateOptions): () => Promise<Gate> {
  const hours = policy.hours.map(parseHours)
  let memory: OpennessMemory = {}
  return async () => {
    const nowMs = clock.now()
    const readings = await watch()
    const answer = decideOpenness({
      policy,
      hours,
      readings,
      wish: wish(),
      nowMs,
      memory,
    })
    memory = answer.memory
    for (const text of answer.doubts) log.once('warn', text)
    const { openness, because, untilMs } = answer
    return { openness, because, ...(untilMs !== undefined && { untilMs }) }
  }
}
