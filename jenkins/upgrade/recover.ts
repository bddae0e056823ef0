import type { Outcome, UpgradeOptions } from './contract.ts'
import { finish } from './finish.ts'
import { labels } from './names.ts'
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
  await endHelpers(work)
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

/** Before a transaction begins, its plan is made with helpers; a footman that is killed then leaves them without any entry. */
async function endHelpers({ options: { host, settings } }: Work): Promise<void> {
  const helpers = await host.list({ [labels.controller]: settings.name, [labels.role]: 'helper' })
  for (const { id } of helpers) await host.remove(id)
}
