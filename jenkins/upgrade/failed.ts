import { z } from 'zod'
import { readIfExists, writeFileAtomic } from '../../core/atomic-write.ts'
import { UserError } from '../../core/errors.ts'
import type { Release } from './contract.ts'

const recordSchema = z.array(
  z.object({
    /** The digest, or the id of an image that no registry knows. */
    key: z.string(),
    reason: z.string(),
    atMs: z.number(),
    transaction: z.string(),
    version: z.string().optional(),
  }),
)

export type FailedImage = z.output<typeof recordSchema>[number]

/** More than anybody tries between two that work. */
const keep = 50

/** Images that have failed, oldest first. Throws UserError when the record is damaged. */
export async function failedImages(file: string): Promise<FailedImage[]> {
  const text = await readIfExists(file)
  if (text === undefined) return []
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new UserError(`the record of failed images ${file} cannot be read`, {
      hint: `look at it, or forget it with: rm ${file}`,
      cause,
    })
  }
}

/** Notes that an image has failed; of the same one only the latest is kept. */
export async function noteFailed(file: string, failed: FailedImage): Promise<void> {
  const others = (await failedImages(file)).filter(({ key }) => key !== failed.key)
  await writeFileAtomic(file, `${JSON.stringify([...others, failed].slice(-keep), undefined, 2)}\n`, {
    mode: 0o600,
  })
}

/** An image that works after all is a failed one no more. */
export async function forgetFailed(file: string, release: Release): Promise<void> {
  const all = await failedImages(file)
  const others = all.filter(({ key }) => key !== keyOf(release))
  if (others.length < all.length) {
    await writeFileAtomic(file, `${JSON.stringify(others, undefined, 2)}\n`, { mode: 0o600 })
  }
}

/** By what an image is known again: what the registry calls it, else its id. */
export function keyOf({ digest, imageId }: Pick<Release, 'digest' | 'imageId'>): string {
  return digest ?? imageId
}
