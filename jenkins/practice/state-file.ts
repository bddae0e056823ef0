import { z } from 'zod'
import type { Build, PipelineStep } from './contract.ts'
import type { Credential } from './credentials.ts'
import { parseJobXml } from './job-xml.ts'
import type { NodeConfig } from './node-xml.ts'
import { fitExecutors } from './nodes.ts'
import { createState, type Job, newComputer, type QueueItem, type State } from './state.ts'
import type { XmlElement } from './xml.ts'

/**
 * What survives a restart of the controller, as JSON: nodes with their marks, credentials, jobs and builds, jobs that wait in the queue. Not the
 * connections, nor the queued node blocks of Pipelines, which ask again when they are carried on.
 */
export function freezeState(state: State): string {
  const queue = [...state.queue.values()].flatMap(({ id, task, stage, ...item }) =>
    task.kind === 'job' && stage !== 'left'
      ? {
          id,
          job: task.job.name,
          user: task.user,
          inQueueSinceMs: item.inQueueSinceMs,
          quietUntilMs: item.quietUntilMs,
        }
      : [],
  )
  const file: z.input<typeof fileSchema> = {
    format: 1,
    secretKey: state.secretKey,
    nextQueueId: state.nextQueueId,
    builtInExecutors: state.builtIn.config?.executors ?? 0,
    nodes: [...state.computers.values()].flatMap(({ config }) => (config && !config.isSwarm ? config : [])),
    jobs: [...state.jobs.values()].map(({ name, xml, nextBuild, builds }) => ({
      name,
      xml,
      nextBuild,
      builds,
    })),
    credentials: [...state.credentials.values()],
    queue,
  }
  return JSON.stringify(file)
}

/** Undefined when the text is no state of ours. */
export function thawState(text: string): State | undefined {
  const file = fileSchema.safeParse(parse(text)).data
  if (!file) return undefined
  const state = createState({ secretKey: file.secretKey, builtInExecutors: file.builtInExecutors })
  state.nextQueueId = file.nextQueueId
  for (const config of file.nodes) {
    const computer = newComputer(config.name, config)
    state.computers.set(config.name, computer)
    fitExecutors(state, computer)
  }
  for (const { name, xml, nextBuild, builds } of file.jobs) {
    const parsed = parseJobXml(xml)
    if (parsed) state.jobs.set(name, { name, xml, ...parsed, nextBuild, builds })
  }
  for (const credential of file.credentials) state.credentials.set(credential.id, credential)
  for (const { job, ...item } of file.queue) {
    const known = state.jobs.get(job)
    if (known) state.queue.set(item.id, waitingItem(known, item))
  }
  return state
}

function waitingItem(
  job: Job,
  item: { id: number; user: string; inQueueSinceMs: number; quietUntilMs: number },
): QueueItem {
  const { id, user, inQueueSinceMs, quietUntilMs } = item
  return {
    id,
    task: { kind: 'job', job, user },
    inQueueSinceMs,
    stage: 'waiting',
    quietUntilMs,
    buildableSinceMs: inQueueSinceMs,
    left: undefined,
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** JSON has no undefined: what is missing in the file comes back as undefined. */
const maybe = <T extends z.ZodType>(schema: T) =>
  schema.optional().transform((value): z.output<T> | undefined => value)

const xmlSchema: z.ZodType<XmlElement> = z.lazy(() =>
  z.object({
    name: z.string(),
    attributes: z.record(z.string(), z.string()),
    children: z.array(xmlSchema),
    text: maybe(z.string()),
  }),
)

const nodeSchema: z.ZodType<NodeConfig> = z.object({
  name: z.string(),
  description: maybe(z.string()),
  remoteFs: maybe(z.string()),
  executors: z.number(),
  mode: maybe(z.enum(['NORMAL', 'EXCLUSIVE'])),
  label: z.string(),
  retention: maybe(xmlSchema),
  launcher: maybe(xmlSchema),
  properties: maybe(xmlSchema),
  offlineMark: maybe(z.object({ atMs: z.number(), user: z.string(), message: z.string() })),
  others: z.array(xmlSchema),
})

const stepSchema: z.ZodType<PipelineStep> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('node'), label: z.string(), body: z.array(stepSchema) }),
    z.object({ kind: z.literal('stage'), name: z.string(), body: z.array(stepSchema) }),
    z.object({
      kind: z.literal('parallel'),
      branches: z.array(z.object({ name: z.string(), body: z.array(stepSchema) })),
    }),
    z.object({ kind: z.literal('sh'), script: z.string() }),
    z.object({ kind: z.literal('echo'), message: z.string() }),
    z.object({ kind: z.literal('sleep'), seconds: z.number() }),
    z.object({ kind: z.literal('error'), message: z.string() }),
  ]),
)

const buildSchema: z.ZodType<Build> = z.object({
  job: z.string(),
  number: z.number(),
  queueId: z.number(),
  user: z.string(),
  definition: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('freestyle'), label: z.string(), scripts: z.array(z.string()) }),
    z.object({
      kind: z.literal('pipeline'),
      script: z.string(),
      steps: z.array(stepSchema),
      problem: maybe(z.string()),
    }),
  ]),
  startedAtMs: z.number(),
  builtOn: maybe(z.string()),
  building: z.boolean(),
  result: maybe(z.enum(['SUCCESS', 'UNSTABLE', 'FAILURE', 'ABORTED'])),
  durationMs: z.number(),
  console: z.string(),
  progress: maybe(z.unknown()),
})

const credentialSchema: z.ZodType<Credential> = z.object({
  id: z.string(),
  kind: z.enum(['password', 'ssh-key']),
  scope: z.string(),
  description: z.string(),
  username: z.string(),
  isUsernameSecret: z.boolean(),
  secret: z.string(),
})

const fileSchema = z.object({
  format: z.literal(1),
  secretKey: z.string().regex(/^[0-9a-f]{64}$/),
  nextQueueId: z.int(),
  builtInExecutors: z.int(),
  nodes: z.array(nodeSchema),
  jobs: z.array(
    z.object({ name: z.string(), xml: z.string(), nextBuild: z.int(), builds: z.array(buildSchema) }),
  ),
  credentials: z.array(credentialSchema).default([]),
  queue: z.array(
    z.object({
      id: z.int(),
      job: z.string(),
      user: z.string(),
      inQueueSinceMs: z.number(),
      quietUntilMs: z.number(),
    }),
  ),
})
