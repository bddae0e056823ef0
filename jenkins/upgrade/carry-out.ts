import { FootmanError, isTransient, messageOf } from '../../core/errors.ts'
import { recipeOf } from '../recipe/make-recipe.ts'
import { writeCommandsByHand } from './by-hand.ts'
import type { Outcome } from './contract.ts'
import { type Failure, finish } from './finish.ts'
import { failureOf, forward } from './forward.ts'
import { newTransaction } from './names.ts'
import { sight } from './observe.ts'
import { without } from './outcome.ts'
import type { Plan } from './plan.ts'
import { pruneFirst } from './prune.ts'
import { note, type Work } from './work.ts'

/**
 * Carries a plan out as one transaction: to its commit, or back to where it began. Throws the signal's reason once all is undone; with a
 * fault of footman itself it is undone as well, and the fault thrown.
 */
export async function carryOut(work: Work, plan: Plan): Promise<Outcome> {
  const { signal, log, onPhase } = work.options
  signal?.throwIfAborted()
  const id = newTransaction(work.clock.now(), work.random)
  await begin(work, plan, id)
  let fault: unknown
  const failure = await forward(work, plan, id).catch((error: unknown): Failure => {
    fault = error
    return failureOf(error)
  })
  if (failure) log.info(`${failure.reason}: undoing it`)
  const outcome = await finish(work, failure ?? committed)
  if (!outcome) throw new Error(`transaction ${id} has left the journal`)
  if (fault !== undefined && !(fault instanceof FootmanError) && !signal?.aborted) throw fault
  if (outcome.kind === 'deferred') return { ...outcome, concerns: plan.concerns }
  signal?.throwIfAborted()
  onPhase?.('prune')
  await pruneFirst(work).catch((error: unknown) => {
    if (!(error instanceof FootmanError) && !isTransient(error)) throw error
    log.warn(`old things were not removed: ${messageOf(error)}`)
  })
  return { ...outcome, concerns: plan.concerns, tookMs: work.clock.now() - work.startedAtMs }
}

/** Not needed: what is committed is not undone. */
const committed: Failure = { reason: '', outcome: 'rolled-back', isBlamed: false }

/** The recipe of the old container is in the journal before anything is touched: by it anybody can make it again. */
async function begin(work: Work, plan: Plan, id: string): Promise<void> {
  const { settings } = work.options
  const { container, image, running, local } = plan.seen
  const old = sight(container)
  const recipe = recipeOf({
    container,
    oldImage: image,
    newImage: image,
    name: settings.name,
    neighbours: plan.neighbours,
    reference: image.Id,
  })
  await writeCommandsByHand(work, recipe)
  await note(work, id, {
    entry: 'begin',
    kind: plan.kind,
    from: { ...running, version: plan.signs?.version ?? running.version },
    to: plan.to,
    old: {
      id: old.id,
      policy: old.policy,
      running: old.running,
      startedAt: old.startedAt,
      recipe,
    },
    places: plan.places,
    tagged: local?.Id,
    backup: plan.backup,
  })
}

/** What a plan would do, for people. */
export function stepsOf(work: Work, plan: Plan): string[] {
  const { settings } = work.options
  const { name, backups } = settings
  const to = plan.to.version ?? plan.to.reference
  return [
    ...(plan.pull === undefined ? [] : [`pull ${plan.pull}`]),
    ...(plan.rehearse ? [`rehearse ${to} on a copy of the home ${plan.places.home}`] : []),
    `quiet ${name} down and wait for its builds (policy ${settings.upgrade.quiesce.policy})`,
    `stop ${name} and keep its home in ${backups.store}`,
    ...(plan.backup === undefined ? [] : [`make the home what backup ${plan.backup} holds`]),
    `start ${to} with the same configuration, and keep the old container`,
    'watch it, and go back to the old one if it is not healthy',
  ]
}

export function planned(work: Work, plan: Plan): Outcome {
  return without(work, {
    kind: 'planned',
    reason: `${plan.seen.running.reference} would be replaced by ${plan.to.version ?? plan.to.reference}`,
    from: plan.seen.running,
    to: plan.to,
    concerns: plan.concerns,
    steps: stepsOf(work, plan),
  })
}
