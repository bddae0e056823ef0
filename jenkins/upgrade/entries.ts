import { z } from 'zod'
import type { Json, JsonObject, RestartPolicy } from '../../core/container-host.ts'
import type { Recipe } from '../recipe/recipe.ts'
import type { OutcomeKind, Phase, Release } from './contract.ts'

const json: z.ZodType<Json> = z.json()
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json)

// JSON leaves out what is undefined; read back, it is there again.
const maybe = <T extends z.ZodType>(schema: T) => schema.optional()

const release: z.ZodType<Release> = z
  .object({
    version: maybe(z.string()),
    imageId: z.string(),
    digest: maybe(z.string()),
    reference: z.string(),
  })
  .transform((read) => ({ ...read, version: read.version, digest: read.digest }))

const policy: z.ZodType<RestartPolicy> = z.object({
  Name: z.enum(['', 'no', 'always', 'unless-stopped', 'on-failure']),
  MaximumRetryCount: z.number(),
})

const recipe: z.ZodType<Recipe> = z.object({
  name: z.string(),
  body: jsonObject,
  connect: z.array(z.object({ network: z.string(), endpoint: jsonObject })),
})

const places = z.object({ controller: z.string(), home: z.string(), store: z.string(), image: z.string() })

export const outcomeKinds = [
  'upgraded',
  'up-to-date',
  'skipped',
  'refused',
  'rolled-back',
  'restored',
  'deferred',
  'planned',
] as const satisfies readonly OutcomeKind[]

export const phases = [
  'compare',
  'baseline',
  'preflight',
  'pull',
  'rehearse',
  'quiesce',
  'warm-copy',
  'stop',
  'snapshot',
  'restore',
  'replace',
  'start',
  'gate',
  'commit',
  'undo',
  'prune',
] as const satisfies readonly Phase[]

const common = { transaction: z.string(), at: z.number() }

/** All that an undoing, or a person with a shell, needs: written before anything is touched. */
const begin = z.object({
  ...common,
  entry: z.literal('begin'),
  kind: z.enum(['upgrade', 'rollback']),
  from: release,
  to: release,
  old: z.object({
    id: z.string(),
    policy,
    running: z.boolean(),
    /** Tells whether it was started again meanwhile. */
    startedAt: z.string(),
    /** By which the old container can be made again as it was. */
    recipe,
  }),
  places,
  /** The image that the reference named here before; undefined when it named none. */
  tagged: maybe(z.string()),
  /** Of a rollback: what the home is made again from. */
  backup: maybe(z.string()),
})

/** Each is written before what it announces is done. */
const entry = z.discriminatedUnion('entry', [
  begin,
  /** The tag is moved to another image; these were here before. */
  z.object({ ...common, entry: z.literal('pull'), here: z.array(z.string()) }),
  z.object({ ...common, entry: z.literal('pulled'), imageId: z.string() }),
  z.object({ ...common, entry: z.literal('rehearse') }),
  /** Quiet mode begins. */
  z.object({ ...common, entry: z.literal('quiesce') }),
  /** The restart policy is disarmed, and the old controller stopped. */
  z.object({ ...common, entry: z.literal('stop') }),
  z.object({ ...common, entry: z.literal('snapshot') }),
  /** From here the home is complete in a backup of this transaction. */
  z.object({ ...common, entry: z.literal('snapshot-done') }),
  /** From here the home is another one. */
  z.object({ ...common, entry: z.literal('restore') }),
  z.object({ ...common, entry: z.literal('replace'), recipe }),
  /** From here the home is another one, as the new version writes to it. */
  z.object({ ...common, entry: z.literal('start') }),
  /** The point of no return: the new one is good. */
  z.object({
    ...common,
    entry: z.literal('commit'),
    release,
    downtimeMs: maybe(z.number()),
  }),
  z.object({
    ...common,
    entry: z.literal('undo'),
    reason: z.string(),
    hint: maybe(z.string()),
    /** As what the undoing ends when all went well. */
    outcome: z.enum(outcomeKinds),
    /** The new image is at fault, and is not tried again. */
    isBlamed: z.boolean(),
  }),
  /** Quiet mode of ours is over. */
  z.object({ ...common, entry: z.literal('loud') }),
  /** The home is the old one again, for good: from here on the old controller may write to it. */
  z.object({ ...common, entry: z.literal('restored') }),
  /** No half of a backup is left of it. */
  z.object({ ...common, entry: z.literal('tidied') }),
  z.object({
    ...common,
    entry: z.literal('end'),
    outcome: z.enum(outcomeKinds),
    reason: z.string(),
    downtimeMs: maybe(z.number()),
  }),
  /** What compaction leaves of a transaction. */
  z.object({
    ...common,
    entry: z.literal('past'),
    kind: z.enum(['upgrade', 'rollback']),
    endedAt: z.number(),
    outcome: z.enum(outcomeKinds),
    phase: z.enum(phases),
    reason: z.string(),
    from: release,
    to: release,
    oldId: z.string(),
    oldRecipe: recipe,
    hasBackup: z.boolean(),
    downtimeMs: maybe(z.number()),
  }),
])

export type Entry = z.output<typeof entry>
export type Begin = z.output<typeof begin>
export type Past = Extract<Entry, { entry: 'past' }>

/** The journal's entries, version 1. */
export const entrySchema: z.ZodType<Entry> = entry
