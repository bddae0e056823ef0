import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** Memory of a process that is really in RAM, in MB of 2^20 bytes: VmRSS, as Linux counts it. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

/** The same of a Node.js that does nothing at all: what no program written for it can go below. */
export async function bareNodeMb(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' })
  try {
    await delay(1_000)
    return await residentMb(child.pid ?? -1)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
