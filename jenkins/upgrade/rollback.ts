import { carryOut, planned } from './carry-out.ts'
import type { Outcome, RollbackOptions } from './contract.ts'
import { planRollback } from './plan-rollback.ts'
import { recoverFirst } from './recover.ts'
import { underLock } from './work.ts'

/**
 * Goes back to a backup: its home, and a container of the image that ran on it. The present home is kept as a backup first, so that this can
 * be undone in turn; if the old version does not come up, it is. The image gone back from is not upgraded to again
 * without `force`. See the contract for what is thrown.
 */
export async function rollback(options: RollbackOptions): Promise<Outcome> {
  return await underLock(options, `rolling ${options.settings.name} back`, async (work) => {
    if (!options.dryRun) {
      const earlier = await recoverFirst(work)
      if (earlier?.kind === 'deferred') return earlier
    }
    const plan = await planRollback(work, options.backup)
    if (!('places' in plan)) return plan
    return options.dryRun ? planned(work, plan) : await carryOut(work, plan)
  })
}
