import type { TransactionSummary, UpgradeOptions } from './contract.ts'

/** The last transactions, newest first; nothing is locked or repaired. */
export async function history(
  _options: Pick<UpgradeOptions, 'settings' | 'stateFolder'>,
): Promise<TransactionSummary[]> {
  throw new Error('not there yet')
}
