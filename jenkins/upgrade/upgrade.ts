import { carryOut, planned } from './carry-out.ts'
import type { Outcome, UpgradeOptions } from './contract.ts'
import { planUpgrade } from './plan-upgrade.ts'
import { recoverFirst } from './recover.ts'
import { underLock } from './work.ts'

/**
 * Brings the controller to what its image reference names now, or leaves it as it was: a healthy controller runs afterwards, the new or
 * the old one. First what an earlier footman left unfinished is brought to its end. See the contract for what is thrown.
 */
export async function upgrade(options: UpgradeOptions): Promise<Outcome> {
  return await underLock(options, `upgrading ${options.settings.name}`, async (work) => {
    if (!options.dryRun) {
      const earlier = await recoverFirst(work)
      if (earlier?.kind === 'deferred') return earlier
    }
    const plan = await planUpgrade(work)
    if (!('places' in plan)) return plan
    return options.dryRun ? planned(work, plan) : await carryOut(work, plan)
  })
}
