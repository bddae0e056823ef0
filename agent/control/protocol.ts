import { z } from 'zod'

/**
 * What the commands say to the running daemon, and what it answers: one JSON object a line over a unix socket.
 * Times are milliseconds since 1970, memory is in bytes.
 */
export const controlRequestSchema = z.discriminatedUnion('request', [
  z.strictObject({ request: z.literal('status') }),
  /** Without `forMs` the pause lasts until `resume`. */
  z.strictObject({ request: z.literal('pause'), forMs: z.number().positive().optional() }),
  z.strictObject({ request: z.literal('resume') }),
  z.strictObject({ request: z.literal('drain') }),
  /** `now` does not wait for running builds. */
  z.strictObject({ request: z.literal('stop'), now: z.boolean().optional() }),
])

export type ControlRequest = z.output<typeof controlRequestSchema>

const size = z.object({ cpus: z.number(), memoryBytes: z.number() })

const slotStatusSchema = z.object({
  slot: z.string(),
  state: z.enum([
    /** Known to Jenkins, no container. */
    'registered',
    'starting',
    /** Connected, not yet asked for a build. */
    'online',
    'idle',
    'busy',
    /** Its build may end, no other follows. */
    'finishing',
    'stopping',
    'failed',
    /** Somebody else marked its node offline, or has its name. */
    'held',
  ]),
  template: z.string().optional(),
  size: size.optional(),
  sinceMs: z.number().optional(),
  /** Name of the build, e.g. `app #41`. */
  build: z.string().optional(),
  /** What else there is to say, e.g. why it failed. */
  note: z.string().optional(),
})

export const agentStatusSchema = z.object({
  pid: z.number(),
  startedAtMs: z.number(),
  machine: z.string(),
  controller: z.object({
    url: z.string(),
    version: z.string().optional(),
    reachable: z.boolean(),
    /** Since when it has been so. */
    sinceMs: z.number().optional(),
    trouble: z.string().optional(),
  }),
  /** Why the container engine does not answer; absent while it does. */
  engineTrouble: z.string().optional(),
  openness: z.enum(['open', 'finishing', 'closed']),
  because: z.string(),
  /** When the openness changes by itself. */
  untilMs: z.number().optional(),
  budget: z.object({ total: size, used: size }),
  slots: z.array(slotStatusSchema),
  /** Builds in the queue that this machine does not serve, and why. */
  waiting: z.array(z.object({ title: z.string(), reason: z.string() })),
  /** The latest last. */
  events: z.array(z.object({ atMs: z.number(), text: z.string() })),
})

export type AgentStatus = z.output<typeof agentStatusSchema>
export type SlotStatus = z.output<typeof slotStatusSchema>

/** Every request is answered with the state that it led to. */
export const controlResponseSchema = z.union([
  z.object({ ok: z.literal(true), status: agentStatusSchema }),
  z.object({
    ok: z.literal(false),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
  }),
])

export type ControlResponse = z.output<typeof controlResponseSchema>
