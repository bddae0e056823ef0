import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface ContainerCpuOptions {
  cgroupRoot?: string
  uid?: number
  nowMs?: () => number
}

/** How many CPUs containers used lately, or undefined where the kernel does not show it (no Linux, an engine in a virtual machine). */
export type ContainerCpuMeter = (containerIds: readonly string[]) => Promise<number | undefined>

/** The kernel's load average forgets at this pace; ours has to forget in step to be subtracted from it. */
const memoryMs = 60_000

/**
 * A meter that reads the CPU time of containers from their control groups, and remembers the last time it looked.
 * The answer decays over a minute as the load average does.
 */
export function createContainerCpuMeter(options: ContainerCpuOptions = {}): ContainerCpuMeter {
  const { cgroupRoot = '/sys/fs/cgroup', uid = process.getuid?.() ?? 0, nowMs = Date.now } = options
  let before = new Map<string, number>()
  let lookedAtMs: number | undefined
  let average = 0
  return async (containerIds) => {
    const spent = new Map<string, number>()
    for (const id of containerIds) {
      const ms = await cpuMsOf(id, cgroupRoot, uid)
      if (ms !== undefined) spent.set(id, ms)
    }
    if (containerIds.length > 0 && spent.size === 0) return undefined
    const now = nowMs()
    const elapsedMs = lookedAtMs === undefined ? 0 : now - lookedAtMs
    if (elapsedMs > 0) {
      const usedMs = [...spent].reduce((sum, [id, ms]) => sum + ms - (before.get(id) ?? ms), 0)
      average += (usedMs / elapsedMs - average) * (1 - Math.exp(-elapsedMs / memoryMs))
    }
    before = spent
    lookedAtMs = now
    return Math.max(0, average)
  }
}

async function cpuMsOf(id: string, root: string, uid: number): Promise<number | undefined> {
  for (const path of statFiles(id, uid)) {
    const text = await readFile(join(root, path), 'utf8').catch(() => undefined)
    const microseconds = text && /^usage_usec (\d+)$/m.exec(text)?.[1]
    if (microseconds) return Number(microseconds) / 1000
    const nanoseconds = text && /^(\d+)\s*$/.exec(text)?.[1]
    if (nanoseconds) return Number(nanoseconds) / 1e6
  }
  return undefined
}

/** Where Docker and Podman put a container's group: by systemd or by themselves, rootful or rootless, version 2 or 1. */
function statFiles(id: string, uid: number): string[] {
  const session = `user.slice/user-${uid}.slice/user@${uid}.service`
  return [
    `system.slice/docker-${id}.scope/cpu.stat`,
    `docker/${id}/cpu.stat`,
    `${session}/user.slice/docker-${id}.scope/cpu.stat`,
    `${session}/app.slice/docker-${id}.scope/cpu.stat`,
    `${session}/user.slice/libpod-${id}.scope/container/cpu.stat`,
    `${session}/user.slice/libpod-${id}.scope/cpu.stat`,
    `machine.slice/libpod-${id}.scope/cpu.stat`,
    `cpuacct/docker/${id}/cpuacct.usage`,
    `cpuacct/system.slice/docker-${id}.scope/cpuacct.usage`,
  ]
}
