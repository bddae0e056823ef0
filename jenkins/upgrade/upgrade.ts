import type { Outcome, UpgradeOptions } from './contract.ts'

/** Brings the controller to what its image reference names now. */
export async function upgrade(_options: UpgradeOptions): Promise<Outcome> {
  throw new Error('not there yet')
}
