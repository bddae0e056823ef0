import { readJournal } from '../../core/journal.ts'
import type { TransactionSummary, UpgradeOptions } from './contract.ts'
import { entrySchema } from './entries.ts'
import { filesOf } from './names.ts'
import { summaryOf, transactionsOf } from './transactions.ts'

/** The last transactions of a controller, newest first. Nothing is locked or repaired: another footman may be at work. */
export async function history(
  options: Pick<UpgradeOptions, 'settings' | 'stateFolder'>,
): Promise<TransactionSummary[]> {
  const { name } = options.settings
  const entries = await readJournal(filesOf(options.stateFolder, name).journal, entrySchema)
  return transactionsOf(entries)
    .map((transaction) => summaryOf(transaction, name))
    .reverse()
}
