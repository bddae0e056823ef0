import type { RawImage } from '../../core/container-host.ts'
import { FootmanError, isTransient, UserError } from '../../core/errors.ts'
import { recipeOf } from '../recipe/make-recipe.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { fetchImage } from './fetch-image.ts'
import type { Failure } from './finish.ts'
import { gate } from './gate.ts'
import { make } from './make.ts'
import { namesOf } from './names.ts'
import { disarmed } from './next-steps.ts'
import type { Plan } from './plan.ts'
import { quietDown } from './quiesce.ts'
import { rehearse } from './rehearse.ts'
import { note, type Work } from './work.ts'

/**
 * Everything from the pull to the commit, each step announced in the journal before it is taken. Undefined when the new
 * controller is committed, otherwise why not: then, and when it throws, all of it has to be undone.
 */
export async function forward(work: Work, plan: Plan, id: string): Promise<Failure | undefined> {
  const { onPhase, signal, settings } = work.options
  const fetched = await fetchImage(work, plan, id)
  if ('outcome' in fetched) return fetched
  const { image } = fetched
  const recipe = recipeOf({
    container: plan.source.container,
    oldImage: plan.source.image,
    newImage: image,
    name: settings.name,
    neighbours: plan.neighbours,
    // The tag names another image than the one gone back to.
    reference: plan.kind === 'upgrade' ? settings.image : image.Id,
  })
  if (plan.rehearse) {
    onPhase?.('rehearse')
    const failure = await rehearse(work, plan, { id, recipe, image })
    if (failure) return failure
  }
  const busy = await quietDown(work, plan, id)
  if (busy) return busy
  signal?.throwIfAborted()
  onPhase?.('warm-copy')
  await work.options.keeperOf(plan.places).warmCopy(id, plan.base, signal)
  signal?.throwIfAborted()
  await goDown(work, plan, id)
  const startedId = await comeUp(work, plan, { id, recipe, image })
  onPhase?.('gate')
  const passed = await gate(work, plan, { id, container: startedId, image })
  if ('outcome' in passed) return passed
  signal?.throwIfAborted()
  onPhase?.('commit')
  await note(work, id, { entry: 'commit', ...passed })
  return undefined
}

/** The old controller stops, and its home is kept. From here on Jenkins is down. */
async function goDown(work: Work, plan: Plan, id: string): Promise<void> {
  const { host, settings, onPhase, signal } = work.options
  const old = plan.seen.container.Id
  onPhase?.('stop')
  await note(work, id, { entry: 'stop' })
  await host.setRestartPolicy(old, disarmed)
  await host.stop(old, Math.ceil(settings.upgrade.stopGraceMs / 1000))
  signal?.throwIfAborted()
  onPhase?.('snapshot')
  await note(work, id, { entry: 'snapshot' })
  const { version = '', imageId, digest } = plan.seen.running
  const facts = {
    version: plan.signs?.version ?? version,
    imageId,
    digest,
    transaction: id,
    reason:
      plan.kind === 'upgrade'
        ? `before the upgrade to ${nameOf(plan)}`
        : `before going back to ${nameOf(plan)}`,
    atMs: work.clock.now(),
  }
  await work.options.keeperOf(plan.places).snapshot(namesOf(settings.name, id).backup, facts, signal)
  await note(work, id, { entry: 'snapshot-done' })
}

function nameOf({ to }: Plan): string {
  return to.version ?? to.reference
}

/** The new controller takes the old one's place; returns its id. */
async function comeUp(
  work: Work,
  plan: Plan,
  { id, recipe, image }: { id: string; recipe: Recipe; image: RawImage },
): Promise<string> {
  const { host, settings, onPhase, signal } = work.options
  signal?.throwIfAborted()
  if (plan.backup !== undefined) {
    onPhase?.('restore')
    await note(work, id, { entry: 'restore' })
    await work.options.keeperOf(plan.places).restore(plan.backup, undefined, signal)
    signal?.throwIfAborted()
  }
  onPhase?.('replace')
  await note(work, id, { entry: 'replace', recipe })
  await host.rename(plan.seen.container.Id, namesOf(settings.name, id).old)
  const container = await make(host, recipe, { controller: settings.name, transaction: id })
  // Its name is in the recipe, and somebody may have given that to another image meanwhile.
  if ((await host.inspect(container, signal))?.Image !== image.Id) {
    throw new UserError(`${plan.to.reference} names another image than a moment ago`, {
      hint: 'footman jenkins upgrade tries that one',
    })
  }
  signal?.throwIfAborted()
  onPhase?.('start')
  await note(work, id, { entry: 'start' })
  await host.start(container)
  return container
}

/** What a thrown error means for the transaction. An engine that went away, or a full disk, is not the new image's fault. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof FootmanError)) {
    return {
      reason: 'footman has a fault; the stack trace tells where',
      outcome: 'rolled-back',
      isBlamed: false,
    }
  }
  const isEngine = isTransient(error) && !(error instanceof UserError)
  return {
    reason: isEngine ? `the engine failed in the middle: ${error.message}` : error.message,
    hint: error.hint,
    outcome: 'rolled-back',
    isBlamed: false,
  }
}
