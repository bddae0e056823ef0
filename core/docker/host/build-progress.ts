import { z } from 'zod'
import type { LineReader } from '../ask.ts'

/** One line of the stream in which the engine tells how a build goes on. */
const event = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  aux: z.object({ ID: z.string().optional() }).optional(),
  error: z.string().optional(),
})

/**
 * Reads what a build of the classic builder tells: news are the lines of its steps; a failure is thrown in the
 * engine's own words. `imageId` is known at the end of a build that went well.
 */
export function buildReader(): LineReader & { imageId(): string | undefined } {
  let imageId: string | undefined
  return {
    imageId: () => imageId,
    read(line) {
      if (line.trim() === '') return undefined
      const { stream, status, aux, error } = event.parse(JSON.parse(line))
      if (error !== undefined) throw new Error(error)
      if (aux?.ID) imageId = aux.ID
      return (stream ?? status)?.trimEnd() || undefined
    },
  }
}
