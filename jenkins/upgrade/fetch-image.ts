import type { RawImage } from '../../core/container-host.ts'
import { FootmanError, UserError } from '../../core/errors.ts'
import { failedImages, keyOf } from './failed.ts'
import type { Failure } from './finish.ts'
import { rollbackTag } from './names.ts'
import type { Plan } from './plan.ts'
import { note, type Work } from './work.ts'

/** Pulls what has to be pulled, and makes sure that the old image stays whatever anybody prunes. */
export async function fetchImage(work: Work, plan: Plan, id: string): Promise<{ image: RawImage } | Failure> {
  const { host, onPhase, signal } = work.options
  if (plan.pull !== undefined) {
    onPhase?.('pull')
    const failure = await pull(work, plan.pull, id)
    if (failure) return failure
  }
  const image = await host.inspectImage(plan.pull ?? plan.to.imageId, signal)
  if (!image) {
    throw new UserError(`the image ${plan.pull ?? plan.to.imageId} is not on this machine any more`, {
      hint: 'footman jenkins upgrade looks again',
    })
  }
  if (plan.pull !== undefined) {
    const useless = await whyUseless(work, plan, image)
    if (useless) return useless
  }
  await host.tag(plan.seen.image.Id, rollbackTag(plan.to.reference, id), signal)
  return { image }
}

async function pull(work: Work, reference: string, id: string): Promise<Failure | undefined> {
  const { host, log, signal } = work.options
  const here = (await host.listImages({}, signal)).map((image) => image.id)
  await note(work, id, { entry: 'pull', here })
  try {
    await host.pull(reference, (line) => log.debug(line), signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof FootmanError)) throw error
    return { reason: `cannot pull: ${error.message}`, hint: error.hint, outcome: 'refused', isBlamed: false }
  }
  const pulled = await host.inspectImage(reference, signal)
  if (pulled) await note(work, id, { entry: 'pulled', imageId: pulled.Id })
  return undefined
}

/** What could not be known without pulling. */
async function whyUseless(work: Work, plan: Plan, image: RawImage): Promise<Failure | undefined> {
  if (image.Id === plan.seen.image.Id) {
    return { reason: `${plan.to.reference} is what runs`, outcome: 'up-to-date', isBlamed: false }
  }
  // Who goes back to a version by hand has reasons to, whatever it was blamed for.
  if (work.options.force || plan.kind === 'rollback') return undefined
  const failures = await failedImages(work.failedFile)
  const failed = failures.find(({ key }) => key === keyOf({ digest: plan.to.digest, imageId: image.Id }))
  return failed && { ...failedBefore(failed.reason), outcome: 'skipped', isBlamed: false }
}

export function failedBefore(reason: string): { reason: string; hint: string } {
  return {
    reason: `this image has failed before: ${reason}`,
    hint: 'wait for a newer one, or try again with footman jenkins upgrade --force',
  }
}
