import { z } from 'zod'

/**
 * The answers of Jenkins' remote access API, only the fields that we use. What a version, a plugin or a missing permission may
 * leave out or set to null is optional here; what is asked for by `tree` stands beside the schema that reads it.
 */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')
const maybeText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined)
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false)
const count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0)
const maybeNumber = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined)

function list<T extends z.ZodType>(element: T) {
  return z
    .array(element)
    .nullish()
    .transform((value) => value ?? [])
}

export const whoAmIAnswer = z.object({
  name: z.string(),
  anonymous: flag,
  authorities: list(z.string()),
})

export const rootTree =
  'mode,numExecutors,quietingDown,quietDownReason,slaveAgentPort,url,useCrumbs,useSecurity'
export const rootAnswer = z.object({
  _class: z.string().regex(/Hudson|Jenkins/, { error: 'expected the root of a Jenkins controller' }),
  numExecutors: count,
  quietingDown: flag,
  quietDownReason: maybeText,
  slaveAgentPort: z
    .number()
    .nullish()
    .transform((value) => value ?? -1),
  url: maybeText,
  useCrumbs: flag,
})

const task = z
  .object({ _class: text, name: text, url: text, labelExpression: maybeText })
  .nullish()
  .transform((value) => value ?? { _class: '', name: '', url: '', labelExpression: undefined })

export const queueTree =
  'items[id,_class,why,stuck,buildable,blocked,pending,inQueueSince,buildableStartMilliseconds,' +
  'task[_class,name,fullDisplayName,url,labelExpression]]'
export const queueAnswer = z.object({
  items: list(
    z.object({
      _class: text,
      id: z.number(),
      why: maybeText,
      stuck: flag,
      buildable: flag,
      blocked: flag,
      pending: flag,
      inQueueSince: count,
      buildableStartMilliseconds: maybeNumber,
      task,
    }),
  ),
})

export const queueItemTree = 'cancelled,why,executable[number]'
export const queueItemAnswer = z.object({
  _class: text,
  cancelled: flag,
  why: maybeText,
  executable: z.object({ number: maybeNumber }).nullish(),
})

export const nodeTree =
  'displayName,description,offline,temporarilyOffline,offlineCause[_class],offlineCauseReason,idle,numExecutors,' +
  'absoluteRemotePath,jnlpAgent,assignedLabels[name],executors[idle,currentExecutable[url]],oneOffExecutors[idle,currentExecutable[url]]'
const executor = z.object({ currentExecutable: z.object({ url: maybeText }).nullish() })
export const nodeAnswer = z.object({
  displayName: z.string(),
  description: text,
  offline: flag,
  temporarilyOffline: flag,
  offlineCause: z.object({ _class: maybeText }).nullish(),
  offlineCauseReason: text,
  idle: flag,
  numExecutors: count,
  absoluteRemotePath: maybeText,
  jnlpAgent: flag,
  assignedLabels: list(z.object({ name: text })),
  executors: list(executor),
  oneOffExecutors: list(executor),
})
export const nodesAnswer = z.object({ computer: list(nodeAnswer) })

export const buildTree = 'number,building,result,duration,builtOn'
export const buildAnswer = z.object({
  building: flag,
  result: maybeText,
  duration: count,
  builtOn: z.string().nullish(),
})

export const pluginTree = 'plugins[shortName,version,active,enabled]'
export const pluginsAnswer = z.object({
  plugins: list(z.object({ shortName: z.string(), version: text, active: flag, enabled: flag })),
})

interface JobAnswer {
  _class: string
  jobs: JobAnswer[]
}
const job: z.ZodType<JobAnswer> = z.lazy(() => z.object({ _class: text, jobs: list(job) }))
/** Folders in folders, as deep as anybody nests them. */
export const jobTree = `${'jobs[name,'.repeat(6)}jobs[name]${']'.repeat(6)}`
export const jobsAnswer = z.object({ jobs: list(job) })

const occupied = z.object({
  idle: flag,
  currentExecutable: z.object({ _class: text, url: maybeText }).nullish(),
})
export const runningTree =
  'computer[executors[idle,currentExecutable[url]],oneOffExecutors[idle,currentExecutable[url]]]'
export const runningAnswer = z.object({
  computer: list(z.object({ executors: list(occupied), oneOffExecutors: list(occupied) })),
})

export const crumbAnswer = z.object({ crumb: z.string(), crumbRequestField: z.string() })
