import type { Outcome, UpgradeOptions } from './contract.ts'
import { finish } from './finish.ts'
import { underLock, type Work } from './work.ts'

/**
 * Brings to its end what an earlier footman left unfinished: what was committed is completed, anything else undone, so that one healthy
 * controller runs. Undefined when there is nothing. Throws LockHeldError while another footman is at it.
 */
export async function recover(options: UpgradeOptions): Promise<Outcome | undefined> {
  return await underLock(options, `recovering ${options.settings.name}`, recoverFirst)
}

/** The same for who has the lock already. */
export async function recoverFirst(work: Work): Promise<Outcome | undefined> {
  const outcome = await finish(work, {
    reason: 'footman was ended in the middle',
    outcome: 'rolled-back',
    isBlamed: false,
  })
  if (outcome && outcome.kind !== 'deferred') {
    work.options.log.warn(
      `what an earlier footman left unfinished ended as ${outcome.kind}: ${outcome.reason}`,
    )
  }
  return outcome
}
