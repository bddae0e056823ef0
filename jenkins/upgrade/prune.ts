import type { PruneReport, UpgradeOptions } from './contract.ts'

/** Removes what the rules no longer keep. */
export async function prune(_options: UpgradeOptions): Promise<PruneReport> {
  throw new Error('not there yet')
}
