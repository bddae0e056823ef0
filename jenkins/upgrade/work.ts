import { mkdir } from 'node:fs/promises'
import { type Clock, systemClock } from '../../core/clock.ts'
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
  await work.journal.append({ ...news, transaction, at: work.clock.now() } as Entry)
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
    const journal = await (options.openJournal ?? openJournal)(files.journal, entrySchema)
    try {
      return await job({
        options,
        clock,
        random,
        journal,
        failedFile: files.failed,
        startedAtMs: clock.now(),
      })
    } finally {
      await journal.close()
    }
  })
}
