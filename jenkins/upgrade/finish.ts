import { FootmanError, inWords, RemoteError, UserError } from '../../core/errors.ts'
import type { Outcome, OutcomeKind } from './contract.ts'
import { end } from './end.ts'
import { execute } from './execute.ts'
import { nextSteps, type Step } from './next-steps.ts'
import { observe } from './observe.ts'
import { outcomeOf } from './outcome.ts'
import { type Transaction, transactionsOf, unfinishedOf } from './transactions.ts'
import { note, type Work } from './work.ts'

/** Far more than any transaction needs: something undoes what we do. */
const mostSteps = 200

const defaultPatienceMs = 180_000

/** Why a transaction is undone, and as what it ends then. */
export interface Failure {
  reason: string
  hint?: string | undefined
  outcome: OutcomeKind
  isBlamed: boolean
}

/**
 * Brings the unfinished transaction to its end: what is committed is completed, anything else undone, for `failure` or, if a
 * reason is in the journal already, for that. After every step the world is looked at anew, so that nothing is assumed of what a
 * killed footman or an engine that went away has left. While the engine does not answer it is waited for; in the end
 * the rest is put off (outcome `deferred`), and the next start goes on.
 */
export async function finish(work: Work, failure: Failure): Promise<Outcome | undefined> {
  const { log, patienceMs = defaultPatienceMs } = work.options
  const unfinished = unfinishedOf(work.journal.entries)
  if (!unfinished) return undefined
  let giveUpAt = work.clock.now() + patienceMs
  for (let steps = 0; ; ) {
    try {
      const transaction = await announce(work, failure)
      if (!transaction) return outcomeOf(work, ended(work, unfinished))
      const step = await takeStep(work, transaction)
      if (step === 'end') return outcomeOf(work, ended(work, unfinished))
      if (typeof step === 'object') return deferred(work, unfinished, step)
      giveUpAt = work.clock.now() + patienceMs
      if (++steps > mostSteps) {
        return deferred(work, unfinished, new UserError('something undoes every step that footman takes'))
      }
    } catch (error) {
      if (!(error instanceof FootmanError)) throw error
      if (!(error instanceof RemoteError) || work.clock.now() >= giveUpAt)
        return deferred(work, unfinished, error)
      log.once('warn', `${inWords(error)}; trying again for ${Math.round(patienceMs / 1000)} s`)
      await work.clock.sleep(pauseMs)
    }
  }
}

const pauseMs = 500

/** Says in the journal that it is undone from here on. Undefined when nothing is unfinished any more. */
async function announce(work: Work, failure: Failure): Promise<Transaction | undefined> {
  const transaction = unfinishedOf(work.journal.entries)
  if (!transaction || transaction.commit || transaction.undo) return transaction
  work.options.onPhase?.('undo')
  // As long as it was never stopped, production has not noticed anything.
  const isUntouched = failure.outcome === 'rolled-back' && transaction.stoppedAtMs === undefined
  await note(work, transaction.id, {
    entry: 'undo',
    ...failure,
    outcome: isUntouched ? 'refused' : failure.outcome,
  })
  return unfinishedOf(work.journal.entries)
}

/** Takes the first of the next steps; `end` after the last, an error when only a person can go on. */
async function takeStep(work: Work, transaction: Transaction): Promise<'end' | 'more' | FootmanError> {
  const [step] = nextSteps(transaction, await observe(work, transaction))
  if (!step) return 'end'
  if (step.do === 'give up') return new UserError(step.reason, { hint: step.hint })
  work.options.log.debug(`${transaction.id}: ${inWordsOf(step)}`)
  if (step.do !== 'end') {
    await execute(work, transaction, step)
    return 'more'
  }
  await end(work, transaction)
  return 'end'
}

function inWordsOf(step: Step): string {
  return 'container' in step ? `${step.do} ${step.container.slice(0, 12)}` : step.do
}

function ended(work: Work, { id }: Transaction): Transaction {
  const found = transactionsOf(work.journal.entries).find((one) => 'begin' in one && one.id === id)
  if (!found || !('begin' in found)) throw new Error(`transaction ${id} has left the journal`)
  return found
}

function deferred(work: Work, unfinished: Transaction, error: FootmanError): Outcome {
  const transaction = ended(work, unfinished)
  const what = transaction.commit ? 'completed' : 'undone'
  return {
    ...outcomeOf(work, transaction),
    kind: 'deferred',
    reason: `not yet ${what}: ${error.message}`,
    hint: error.hint
      ? `${error.hint}; then footman jenkins recover`
      : 'footman jenkins recover, once the cause is gone',
  }
}
