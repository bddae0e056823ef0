import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { availableParallelism, hostname, totalmem } from 'node:os'
import { join } from 'node:path'
import { readIfExists, writeFileAtomic } from '../core/atomic-write.ts'
import type { EngineInfo } from '../core/container-engine.ts'
import type { AgentConfig } from './config/schema.ts'
import type { Size } from './world.ts'

export interface HardwareSources {
  /** CPUs that this process may use; Node knows affinity and, where libuv does, the limits of control groups. */
  cpus?: number
  totalBytes?: number
  /** Limit of this process' control group; 0 or undefined when there is none. */
  constrainedBytes?: number | undefined
}

/**
 * What containers can have at most: this machine's CPUs and memory, or the engine's where that is less, because engines of
 * macOS and Windows live in a virtual machine with a share of the real one.
 */
export function readHardware(
  engine?: Pick<EngineInfo, 'cpus' | 'memoryBytes' | 'host'>,
  sources: HardwareSources = {},
): Size {
  // An engine on another machine lends that machine.
  if (engine?.host !== undefined) return { cpus: engine.cpus, memoryBytes: engine.memoryBytes }
  const { cpus = availableParallelism(), totalBytes = totalmem() } = sources
  const { constrainedBytes = process.constrainedMemory() } = sources
  // Without a limit Linux reports a number beyond any memory.
  const memories = [totalBytes, constrainedBytes || totalBytes, engine?.memoryBytes || totalBytes]
  return { cpus: Math.min(cpus, engine?.cpus || cpus), memoryBytes: Math.min(...memories) }
}

const cpuStep = 0.5
const memoryStep = 256 * 2 ** 20

/** Half of the hardware, in round numbers; at least half a CPU and 256 MiB. */
export function defaultBudget(hardware: Size): Size {
  return {
    cpus: Math.max(cpuStep, roundDown(hardware.cpus / 2, cpuStep)),
    memoryBytes: Math.max(memoryStep, roundDown(hardware.memoryBytes / 2, memoryStep)),
  }
}

/** What the owner lends: as configured, otherwise half. */
export function budgetOf(machine: AgentConfig['machine'], hardware: Size): Size {
  const half = defaultBudget(hardware)
  return { cpus: machine.cpus ?? half.cpus, memoryBytes: machine.memory ?? half.memoryBytes }
}

function roundDown(value: number, step: number): number {
  return Math.floor(value / step) * step
}

/**
 * A name for this machine's nodes made of its host name: without the domain, lower case, and only characters that need no
 * quotes in a label (hudson.model.Jenkins checkGoodName is laxer). A host without a name of its own is named by its id.
 */
export function defaultMachineName(machineId: string, host: string = hostname()): string {
  const [first = ''] = host.split('.')
  const name = first
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .slice(0, 60)
    .replace(/^-+|-+$/g, '')
  return name === '' || name === 'localhost' ? `machine-${machineId.slice(0, 6)}` : name
}

const idShape = /^[0-9a-f]{16}$/

/**
 * The id by which this machine's nodes are told from those of a namesake: random, made once, kept in the state folder for
 * this user alone. An unreadable one is replaced. Throws UserError when the folder cannot be written.
 */
export async function machineId(
  stateDir: string,
  random: () => string = () => randomBytes(8).toString('hex'),
): Promise<string> {
  const path = join(stateDir, 'machine-id')
  const kept = (await readIfExists(path))?.trim()
  if (kept && idShape.test(kept)) return kept
  const id = random()
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  await writeFileAtomic(path, `${id}\n`, { mode: 0o600 })
  return id
}
