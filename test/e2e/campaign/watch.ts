import { setTimeout as delay } from 'node:timers/promises'
import { addSizes, describeSize, fits } from '../../../agent/labels/size.ts'
import type { Size } from '../../../agent/world.ts'
import type { ContainerEngine, ContainerState } from '../../../core/container-engine.ts'

/** Looks at the engine all the time, whoever else does or does not. */
export interface Watch {
  /** What must never be the case and was; each said once. */
  readonly violations: readonly string[]
  readonly samples: number
  /** Most CPUs and memory that ran at one time, as the engine limits them. */
  readonly peak: Size
  stop(): Promise<void>
}

export interface WatchOptions {
  engine: ContainerEngine
  /** Carried by the containers under watch. */
  labels: Record<string, string>
  budget: Size
}

const everyMs = 100
const nothing: Size = { cpus: 0, memoryBytes: 0 }

export function watchContainers({ engine, labels, budget }: WatchOptions): Watch {
  const ended = new AbortController()
  const violations = new Set<string>()
  const limits = new Map<string, Size>()
  let samples = 0
  let peak = nothing

  const sample = async () => {
    const containers = await engine.list(labels)
    for (const slot of doubled(containers)) violations.add(`two containers for ${slot}`)
    const running = containers.filter(({ status }) => status === 'running')
    const sizes = await Promise.all(running.map(({ id }) => limitsOf(id)))
    const sum = addSizes(nothing, ...sizes)
    if (!fits(sum, budget))
      violations.add(`${describeSize(sum)} ran at once: ${running.map(slotOf).join(', ')}`)
    peak = { cpus: Math.max(peak.cpus, sum.cpus), memoryBytes: Math.max(peak.memoryBytes, sum.memoryBytes) }
    samples++
  }

  /** What the engine really enforces, which never changes; a container that went meanwhile took its share along. */
  const limitsOf = async (id: string): Promise<Size> => {
    const known = limits.get(id)
    if (known) return known
    const { nanoCpus = 0, memoryBytes = 0 } = (await engine.inspect(id)) ?? {}
    const size = { cpus: nanoCpus / 1e9, memoryBytes }
    limits.set(id, size)
    return size
  }

  const work = async () => {
    while (!ended.signal.aborted) {
      await sample().catch((error: unknown) => violations.add(`the watch saw nothing: ${error}`))
      await delay(everyMs)
    }
  }
  const done = work()
  return {
    get violations() {
      return [...violations]
    },
    get samples() {
      return samples
    },
    get peak() {
      return peak
    },
    stop: () => {
      ended.abort()
      return done
    },
  }
}

function doubled(containers: readonly ContainerState[]): string[] {
  const slots = containers.map(slotOf)
  return slots.filter((slot, index) => slots.indexOf(slot) !== index)
}

function slotOf({ id, labels }: ContainerState): string {
  return labels['io.footman.slot'] ?? id
}
