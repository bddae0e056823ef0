import { UserError } from '../../core/errors.ts'
import { make } from './make.ts'
import { rollbackTag } from './names.ts'
import { placesOf, type Step } from './next-steps.ts'
import { endQuietMode } from './quiet-mode.ts'
import type { Transaction } from './transactions.ts'
import { note, type Work } from './work.ts'

/** Does one step of an undoing, or of a commit. Again is fine. Without the caller's signal: each is short, or must be done whatever comes. */
export async function execute(
  work: Work,
  transaction: Transaction,
  step: Exclude<Step, { do: 'end' | 'give up' }>,
): Promise<void> {
  const { host, settings, keeperOf } = work.options
  const { begin, id } = transaction
  const names = placesOf(transaction)
  const reference = begin.to.reference
  switch (step.do) {
    case 'end helpers':
      return await keeperOf(begin.places).endHelpers()
    case 'remove container':
      return await host.remove(step.container, { volumes: true })
    case 'remove rehearsal volume':
      return await host.removeVolume(names.rehearsal)
    case 'end quiet mode':
      await endQuietMode(work, transaction)
      return await note(work, id, { entry: 'loud' })
    case 'stop':
      return await host.stop(step.container, Math.ceil(settings.upgrade.stopGraceMs / 1000))
    case 'restore the home':
      await restore(work, transaction)
      return await note(work, id, { entry: 'restored' })
    case 'make':
      await make(host, step.recipe, {
        controller: begin.places.controller,
        transaction: id,
        remade: step.remade,
      })
      return
    case 'rename':
      return await host.rename(step.container, step.name)
    case 'set policy':
      return await host.setRestartPolicy(step.container, step.policy)
    case 'start':
      return await host.start(step.container)
    case 'note what was pulled':
      return await note(work, id, { entry: 'pulled', imageId: step.image })
    case 'tag':
      return await host.tag(step.image, reference)
    case 'tidy':
      await tidy(work, transaction)
      return await note(work, id, { entry: 'tidied' })
  }
}

/** A failed home is good to have, but not at the price of the old one. */
async function restore(work: Work, transaction: Transaction): Promise<void> {
  const { backup, failedHome } = placesOf(transaction)
  const keeper = work.options.keeperOf(transaction.begin.places)
  try {
    await keeper.restore(backup, failedHome)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    work.options.log.warn(`the failed home is not kept: ${error.message}`)
    await keeper.restore(backup, undefined)
  }
}

/**
 * What is in use stays: whoever uses it needs it more. The name of the old image goes only where it has another one. A store that is gone
 * is no reason to call the transaction unfinished.
 */
async function tidy(
  { options: { host, keeperOf, log } }: Work,
  { begin, id, pull, pulled }: Transaction,
): Promise<void> {
  await keeperOf(begin.places)
    .removeLeftovers([])
    .catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error
      log.warn(`leftovers in ${begin.places.store} are not removed: ${error.message}`)
    })
  const { reference } = begin.to
  if (pull && begin.tagged === undefined) await host.removeImage(reference)
  await host.removeImage(rollbackTag(reference, id))
  if (pulled && !pull?.here.includes(pulled.imageId)) await host.removeImage(pulled.imageId)
}
