import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../../core/atomic-write.ts'
import { openJournal, readJournal } from '../../core/journal.ts'
import { entrySchema } from './entries.ts'
import { isInFull, toPast, transactionsOf } from './transactions.ts'

/** So many transactions are remembered. */
const keep = 20
/** So many are told in full before that, so that a journal is not written anew each time. */
const slack = 5

/**
 * Makes the journal short again when it has grown: of each finished transaction one entry stays, of the oldest none. An unfinished
 * one stays as it is. The new journal replaces the old one in one step. For the holder of the lock, before it is opened.
 */
export async function compact(path: string): Promise<void> {
  const entries = await readJournal(path, entrySchema)
  const transactions = transactionsOf(entries)
  const finished = transactions.filter((one) => !isInFull(one) || one.end)
  if (finished.filter(isInFull).length <= slack && finished.length <= keep + slack) return
  const kept = finished.slice(-keep).flatMap((one) => {
    if (!isInFull(one)) return one
    return one.end ? toPast(one, one.end) : []
  })
  const open = transactions.filter(isInFull).find(({ end }) => !end)
  const fresh = `${path}.compacted`
  await rm(fresh, { force: true })
  const journal = await openJournal(fresh, entrySchema)
  for (const entry of kept) await journal.append(entry)
  for (const entry of entries) if (entry.transaction === open?.id) await journal.append(entry)
  await journal.close()
  await rename(fresh, path)
  await syncFolder(dirname(path))
}
