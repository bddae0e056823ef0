import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import type { Server } from 'node:net'
import { dirname, join } from 'node:path'
import { readIfExists } from './atomic-write.ts'
import { type Clock, systemClock } from './clock.ts'
import { errorCode, fileError } from './file-error.ts'
import {
  bearWitness,
  fateOfOwner,
  type Holder,
  heldError,
  type LockOwner,
  ownCommand,
  parseOwner,
  writeOwner,
} from './lock-owner.ts'
import { ownIdentity, type ProcessIdentity } from './process-identity.ts'
import { removeLeftovers, temporaryBeside } from './temporary.ts'

export interface LockOptions {
  /** What the lock is taken for, as others are told: `upgrading jenkins`. */
  purpose: string
  /** The command that takes it. Default: our own command line. */
  command?: string
  /** How long to wait for another holder, in ms. Default: not at all. */
  waitMs?: number
  /** Told once who is being waited for. */
  onWait?: (message: string) => void
  signal?: AbortSignal | undefined
  clock?: Clock
}

export interface Lock {
  /** Gives the lock back. Calling it again does nothing. */
  release(): Promise<void>
}

const pollMs = 200

/**
 * Takes a lock that one process at a time can have, until it releases it or dies.
 * Throws LockHeldError, which names the holder, when it is not free within `waitMs`; the signal's reason on abort.
 *
 * The lock is a folder with an owner file in it. It is taken by renaming a finished folder to the lock's name, which
 * the system does in one step, and only where there is nothing or an empty folder: so for one process, and whole.
 * It is released by removing the owner file, and a lock whose owner is gone for good is broken likewise. The file's
 * name holds a token of its own, so that whoever is late with breaking removes nothing: never the file of a new owner.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const { waitMs = 0, clock = systemClock, signal } = options
  const self = await ownIdentity()
  const giveUpAt = clock.now() + waitMs
  let waits = false
  for (;;) {
    signal?.throwIfAborted()
    const holder = await findHolder(path, self)
    if (!holder) {
      const lock = await take(path, {
        process: self,
        sinceMs: clock.now(),
        purpose: options.purpose,
        command: options.command ?? ownCommand(),
        listens: true,
      })
      if (lock) return lock
      continue
    }
    const held = heldError(path, holder, clock.now())
    const leftMs = giveUpAt - clock.now()
    if (leftMs <= 0) throw held
    if (!waits) options.onWait?.(held.message)
    waits = true
    await clock.sleep(Math.min(pollMs, leftMs), signal)
  }
}

/** Runs `work` under the lock and releases it whatever comes. */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const lock = await acquireLock(path, options)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

/** Who has the lock; undefined when it is free. What owners that are gone have left in it is removed on the way. */
async function findHolder(path: string, self: ProcessIdentity): Promise<Holder | undefined> {
  for (;;) {
    const names = await list(path)
    const ownerName = names.find((name) => name.startsWith('owner.'))
    if (!ownerName) {
      if (names.some((name) => !name.startsWith('alive.'))) return 'unknown'
      for (const name of names) await rm(join(path, name), { force: true })
      return undefined
    }
    const token = ownerName.split('.')[1] ?? ''
    const text = await readIfExists(join(path, ownerName))
    if (text === undefined) continue
    const owner = parseOwner(text)
    if (!owner) return 'unknown'
    const fate = await fateOfOwner(owner, socketIn(path, token), self)
    if (fate !== 'gone') return { owner, fate }
    await vacate(path, token)
  }
}

async function list(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw fileError('look into the lock', path, error)
  }
}

/** Moves a finished lock into place. Undefined when another process was faster. */
async function take(path: string, owner: LockOwner): Promise<Lock | undefined> {
  const token = randomBytes(6).toString('hex')
  const prepared = temporaryBeside(path)
  let witness: Server | undefined
  try {
    await mkdir(dirname(path), { recursive: true })
    await mkdir(prepared)
    witness = await bearWitness(socketIn(prepared, token))
    const nowMs = await writeOwner(ownerFileIn(prepared, token), { ...owner, listens: witness !== undefined })
    await rename(prepared, path)
    await removeLeftovers(path, nowMs)
  } catch (error) {
    witness?.close()
    await rm(prepared, { recursive: true, force: true })
    if (isLostRace(error)) return undefined
    throw fileError('take the lock', path, error)
  }
  return { release: once(() => release(path, token, witness)) }
}

/** ENOENT: this process was asleep for so long that what it prepared was removed as a leftover. */
function isLostRace(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error) ?? '')
}

async function release(path: string, token: string, witness: Server | undefined): Promise<void> {
  await vacate(path, token)
  witness?.close()
  // Fails when the next owner has moved in already, which is just as well.
  await rmdir(path).catch(() => {})
}

/** The owner file goes first: it is the lock, the socket only a witness. */
async function vacate(path: string, token: string): Promise<void> {
  try {
    await rm(ownerFileIn(path, token), { force: true })
    await rm(socketIn(path, token), { force: true })
  } catch (error) {
    throw fileError('release the lock', path, error)
  }
}

function ownerFileIn(folder: string, token: string): string {
  return join(folder, `owner.${token}.json`)
}

function socketIn(folder: string, token: string): string {
  return join(folder, `alive.${token}`)
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= work()
    return done
  }
}
