import { formatSize } from '../../core/units.ts'
import type { Size } from '../world.ts'

/** What a container engine accepts at least: a hundredth of a CPU and 6 MiB (moby/moby daemon/daemon_unix.go). */
const least: Size = { cpus: 0.01, memoryBytes: 6 * 2 ** 20 }
/** Beyond any machine that lends itself; a label above is a typing error, not a wish. */
const most: Size = { cpus: 1024, memoryBytes: 64 * 2 ** 40 }

const shape = /^(\d+(?:\.\d+)?)CPU(\d+(?:\.\d+)?)([GM])$/
const unitBytes = { G: 2 ** 30, M: 2 ** 20 }

/**
 * The size that a label such as `4CPU8G` or `0.5CPU512M` asks for, or undefined when the label is no size.
 * Upper case only, because Jenkins compares labels as text. G and M are powers of 1024, as container engines count.
 */
export function parseSizeLabel(label: string): Size | undefined {
  const [, cpus, memory, unit] = shape.exec(label) ?? []
  if (!cpus || !memory || !unit) return undefined
  const size = {
    cpus: wholeNanoCpus(Number(cpus)),
    memoryBytes: Math.round(Number(memory) * unitBytes[unit as 'G' | 'M']),
  }
  return fits(least, size) && fits(size, most) ? size : undefined
}

/** The shortest label that means exactly this size: `1CPU1.5G`, `0.5CPU512M`. */
export function formatSizeLabel(size: Size): string {
  const inG = `${size.memoryBytes / unitBytes.G}G`
  const inM = `${size.memoryBytes / unitBytes.M}M`
  const preferG = inG.length < inM.length || (inG.length === inM.length && !inG.includes('.'))
  return `${wholeNanoCpus(size.cpus)}CPU${preferG ? inG : inM}`
}

/** A size in words, rounded, for messages: `4 CPUs and 7.7 GiB`. */
export function describeSize(size: Size): string {
  const cpus = Number(size.cpus.toFixed(2))
  return `${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'} and ${formatSize(size.memoryBytes)}`
}

/** Whether something of this size finds room within the other, in CPUs and in memory. */
export function fits(size: Size, within: Size): boolean {
  return size.cpus <= within.cpus && size.memoryBytes <= within.memoryBytes
}

/** The sum; nothing added is nothing. */
export function addSizes(...sizes: readonly Size[]): Size {
  return {
    cpus: wholeNanoCpus(sizes.reduce((sum, size) => sum + size.cpus, 0)),
    memoryBytes: sizes.reduce((sum, size) => sum + size.memoryBytes, 0),
  }
}

/** What is left of a size when another is taken away; never below zero. */
export function subtractSize(size: Size, taken: Size): Size {
  return {
    cpus: Math.max(0, wholeNanoCpus(size.cpus - taken.cpus)),
    memoryBytes: Math.max(0, size.memoryBytes - taken.memoryBytes),
  }
}

/** The smallest size in which each of the given ones finds room: the maximum of each component. */
export function largest(...sizes: readonly Size[]): Size {
  return {
    cpus: Math.max(0, ...sizes.map((size) => size.cpus)),
    memoryBytes: Math.max(0, ...sizes.map((size) => size.memoryBytes)),
  }
}

/** Engines count CPUs in billionths; rounding to them keeps 0.1 + 0.2 equal to 0.3. */
function wholeNanoCpus(cpus: number): number {
  return Math.round(cpus * 1e9) / 1e9
}
