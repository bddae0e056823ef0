import { mkdir, rm, writeFile } from 'node:fs/promises'
import { type Clock, systemClock } from '../../core/clock.ts'
import { UserError } from '../../core/errors.ts'
import { errorCode, fileError } from '../../core/file-error.ts'
import { type Journal, openJournal } from '../../core/journal.ts'
import { withLock } from '../../core/lock.ts'
import { compact } from './compact.ts'
import type { UpgradeOptions } from './contract.ts'
import { type Entry, entrySchema } from './entries.ts'
import { filesOf } from './names.ts'

/** What all that works under the lock has at hand. */
export interface Work {
  options: UpgradeOptions
  clock: Clock
  random: () => number
  journal: Journal<Entry>
  /** Where the record of failed images is. */
  failedFile: string
  /** Is removed when the disk of the journal is full. */
  reserveFile: string
  startedAtMs: number
}

/** An entry without what every entry has. */
export type News = Entry extends infer One
  ? One extends Entry
    ? Omit<One, 'transaction' | 'at'>
    : never
  : never

/** Appends an entry; what it announces may be done once this resolves. */
export async function note(work: Work, transaction: string, news: News): Promise<void> {
  const entry = { ...news, transaction, at: work.clock.now() } as Entry
  try {
    await work.journal.append(entry)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    // On a full disk Jenkins would stay down until somebody makes room.
    await rm(work.reserveFile, { force: true })
    await work.journal.append(entry)
  }
}

/** Runs `job` with the lock and the journal of the controller. Throws LockHeldError when another footman is at it. */
export async function underLock<T>(
  options: UpgradeOptions,
  purpose: string,
  job: (work: Work) => Promise<T>,
): Promise<T> {
  const { clock = systemClock, random = Math.random, settings, signal } = options
  const files = filesOf(options.stateFolder, settings.name)
  signal?.throwIfAborted()
  await mkdir(files.folder, { recursive: true, mode: 0o700 })
  return await withLock(files.lock, { purpose, signal, clock }, async () => {
    await compact(files.journal)
    await reserveRoom(files.reserve)
    const journal = await (options.openJournal ?? openJournal)(files.journal, entrySchema)
    try {
      return await job({
        options,
        clock,
        random,
        journal,
        failedFile: files.failed,
        reserveFile: files.reserve,
        startedAtMs: clock.now(),
      })
    } finally {
      await journal.close()
    }
  })
}

/** More than the entries of an undoing take; not a hole, which would reserve nothing. Throws UserError when there is no room even now. */
async function reserveRoom(path: string): Promise<void> {
  try {
    await writeFile(path, Buffer.alloc(64 * 1024, '.'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return
    throw fileError('keep some room with', path, error)
  }
}
