import { open } from 'node:fs/promises'
import { createConnection, createServer, type Server } from 'node:net'
import { basename } from 'node:path'
import { z } from 'zod'
import { LockHeldError } from './errors.ts'
import { errorCode } from './file-error.ts'
import { type Fate, fateOf, type ProcessIdentity, processIdentitySchema } from './process-identity.ts'
import { redact } from './secret.ts'
import { formatDuration } from './units.ts'

/** What a lock tells about the process that has it. */
const lockOwnerSchema = z.object({
  process: processIdentitySchema,
  sinceMs: z.number(),
  purpose: z.string(),
  command: z.string(),
  /** Whether the owner listens on a socket beside this file for as long as it lives. */
  listens: z.boolean(),
})

export type LockOwner = z.infer<typeof lockOwnerSchema>

/** Undefined for anything that footman did not write. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    return lockOwnerSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Writes the details down for good; returns when, by the clock of the file system, in ms. */
export async function writeOwner(path: string, owner: LockOwner): Promise<number> {
  const handle = await open(path, 'wx')
  try {
    await handle.writeFile(`${JSON.stringify(owner)}\n`)
    // After a power cut an empty file could not be told from a damaged one.
    await handle.sync()
    return (await handle.stat()).mtimeMs
  } finally {
    await handle.close()
  }
}

/** Our own command line as others will be told it. */
export function ownCommand(): string {
  const [, script = '', ...args] = process.argv
  return redact([basename(script), ...args].join(' '))
}

/**
 * Listens on a socket file, so that processes in other containers on this machine can tell whether we live.
 * Undefined where that cannot be: the path is too long for a socket, or the file system knows none.
 */
export function bearWitness(socket: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((visitor) => visitor.destroy())
    server.once('error', () => resolve(undefined))
    server.listen({ path: socket, exclusive: true }, () => resolve(server.unref()))
  })
}

/** What became of the owner. Where its process is out of sight, the socket decides. */
export async function fateOfOwner(owner: LockOwner, socket: string, self: ProcessIdentity): Promise<Fate> {
  const fate = await fateOf(owner.process, self)
  if (fate !== 'hidden' || !owner.listens) return fate
  return (await isDeserted(socket)) ? 'gone' : 'hidden'
}

/** Only a refusal proves that nobody listens any more: the system closes a socket with its process. */
function isDeserted(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const visit = createConnection(socket)
    visit.once('connect', () => {
      visit.destroy()
      resolve(false)
    })
    visit.once('error', (error) => resolve(errorCode(error) === 'ECONNREFUSED'))
  })
}

/** Who has a lock: a process that is not known to be gone, or something that footman did not put there. */
export type Holder = { owner: LockOwner; fate: Exclude<Fate, 'gone'> } | 'unknown'

/** Who holds the lock, since when, what for, and what to do about it. */
export function heldError(path: string, holder: Holder, nowMs: number): LockHeldError {
  if (holder === 'unknown') {
    return new LockHeldError(`the lock ${path} is held by something that footman does not know`, {
      hint: `look into it; if no footman runs, rm -r ${path}`,
    })
  }
  const { process: who, purpose, command, sinceMs } = holder.owner
  const since = `since ${new Date(sinceMs).toISOString()} (${formatDuration(Math.max(0, nowMs - sinceMs))})`
  const cures = {
    alive: `wait for it, or end it with: kill ${who.pid}`,
    hidden: `wait for it, or stop the container ${who.host} that it runs in`,
    elsewhere: `wait for it; if it surely runs no more on ${who.host}, rm -r ${path}`,
  }
  return new LockHeldError(
    `${command} (pid ${who.pid} on ${who.host}) is busy ${purpose} ${since}; it holds the lock ${path}`,
    { hint: cures[holder.fate] },
  )
}
