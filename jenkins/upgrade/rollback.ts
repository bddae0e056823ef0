import type { Outcome, RollbackOptions } from './contract.ts'

/** Goes back to a backup. */
export async function rollback(_options: RollbackOptions): Promise<Outcome> {
  throw new Error('not there yet')
}
