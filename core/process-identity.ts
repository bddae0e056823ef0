import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { z } from 'zod'
import { errorCode } from './file-error.ts'
import { run } from './process.ts'

/** What tells a process from every other one, also later and elsewhere. '' stands for what the system does not say. */
export const processIdentitySchema = z.object({
  pid: z.int().positive(),
  /** When it started, in the system's own unit: equal or not is all that counts. Tells a reused pid. */
  started: z.string(),
  /** Changes with every boot and is different on every machine. */
  bootId: z.string(),
  /** Containers on one machine count their pids apart. */
  pidNamespace: z.string(),
  host: z.string(),
})

export type ProcessIdentity = z.infer<typeof processIdentitySchema>

export type Fate =
  | 'alive'
  | 'gone'
  /** On this machine, but in a container that we cannot look into. */
  | 'hidden'
  /** On another machine. */
  | 'elsewhere'

/** Who we are. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    started: (await startOf(process.pid)) ?? '',
    bootId: await bootId(),
    pidNamespace: await readlink('/proc/self/ns/pid').catch(() => ''),
    host: hostname(),
  }
}

/**
 * What became of a process. `gone` is a proof: its machine was booted anew, or no process has its pid,
 * or the one that has it started at another time. In doubt it is not gone. Once gone, it stays gone.
 */
export async function fateOf(other: ProcessIdentity, self: ProcessIdentity): Promise<Fate> {
  const [knowsBoot, sameHost] = [other.bootId !== '' && self.bootId !== '', other.host === self.host]
  if (other.bootId !== self.bootId) return knowsBoot && sameHost ? 'gone' : 'elsewhere'
  if (!knowsBoot && !sameHost) return 'elsewhere'
  if (other.pidNamespace !== self.pidNamespace) return 'hidden'
  const started = await startOf(other.pid)
  if (started === undefined) return 'gone'
  return started === other.started || started === '' || other.started === '' ? 'alive' : 'gone'
}

/** When the process with this pid started; undefined when there is none, '' when there is one but the system hides it. */
async function startOf(pid: number): Promise<string | undefined> {
  // First, because a /proc mounted with hidepid shows no processes of other users.
  if (!exists(pid)) return undefined
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat === undefined ? startByPs(pid) : startInStat(stat)
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return errorCode(error) !== 'ESRCH'
  }
}

/**
 * Counted as proc(5) does: state is field 3, num_threads 20, starttime 22; the name before them may hold blanks and parentheses.
 * A zombie waits for its parent to read the exit code and holds nothing any more, but not before its last thread is
 * gone: until then a killed process may finish the write that it was in, and keeps its files and sockets open.
 */
function startInStat(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state = '', threads, started] = [fields[0], Number(fields[17]), fields[19]]
  return 'ZX'.includes(state) && threads <= 1 ? undefined : (started ?? '')
}

/** macOS has no /proc. */
async function startByPs(pid: number): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  const { stdout } = await run(['ps', '-o', 'lstart=', '-p', String(pid)], { timeoutMs: 5000, env })
  return stdout.trim()
}

async function bootId(): Promise<string> {
  const linux = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined)
  if (linux !== undefined) return linux.trim()
  return (await run(['sysctl', '-n', 'kern.bootsessionuuid'], { timeoutMs: 5000 })).stdout.trim()
}
