import type { Outcome } from './contract.ts'
import { summaryOf, type Transaction } from './transactions.ts'
import type { Work } from './work.ts'

/** What has come of a transaction so far, by its journal. */
export function outcomeOf(work: Work, transaction: Transaction): Outcome {
  const { controller } = transaction.begin.places
  const { outcome = 'deferred', reason = '', ...told } = summaryOf(transaction, controller)
  return {
    kind: outcome,
    controller,
    transaction: transaction.id,
    reason,
    hint: transaction.commit ? undefined : transaction.undo?.hint,
    from: told.from,
    to: told.to,
    downtimeMs: told.downtimeMs,
    tookMs: work.clock.now() - work.startedAtMs,
    concerns: [],
    backup: told.backup,
    steps: [],
  }
}

/** What has come of it when there is no transaction. */
export function without(work: Work, outcome: Pick<Outcome, 'kind' | 'reason'> & Partial<Outcome>): Outcome {
  return {
    controller: work.options.settings.name,
    transaction: undefined,
    hint: undefined,
    from: undefined,
    to: undefined,
    downtimeMs: undefined,
    tookMs: work.clock.now() - work.startedAtMs,
    concerns: [],
    backup: undefined,
    steps: [],
    ...outcome,
  }
}
