import { z } from 'zod'

/** How a practice controller behaves that was made to be upgraded to, or from. */
export const variants = [
  'healthy',
  /** Takes connections and says nothing. */
  'never-answers',
  /** Runs, and does not even listen. */
  'never-listens',
  /** 503 "Starting Jenkins" for ever. */
  'loading',
  /** Says "Starting Jenkins" for `seconds`, then is healthy. */
  'slow-boot',
  /** The page of a boot that has failed, with a stack trace. */
  'broken',
  /** Exits with 5 after a second. */
  'crash-loop',
  /** Healthy for `seconds`, then exits with 1. */
  'dies-later',
  /** Asks for the first password, whatever is in the home. */
  'setup-wizard',
  /** The first plugin of the home is enabled and does not load. */
  'plugin-missing',
  /** Rewrites, deletes and adds files all over the home, then is healthy. */
  'corrupts',
  /** The same, and then the boot fails. */
  'corrupts-and-breaks',
  /** Healthy, and only SIGKILL ends it. */
  'ignores-sigterm',
] as const

export type Variant = (typeof variants)[number]

/** What is baked into an image; a file in it, so that no variable of a container can change it. */
export const bakedSchema = z.object({
  version: z.string(),
  variant: z.enum(variants),
  seconds: z.number(),
  /** Healthy in a network without a way out, as rehearsals have; the variant comes out elsewhere. */
  sparesRehearsals: z.boolean(),
})

export type Baked = z.output<typeof bakedSchema>

/** Where it lies in the image. */
export const bakedFile = '/usr/share/footman/practice.json'
