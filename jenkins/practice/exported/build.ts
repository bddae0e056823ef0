import type { Build } from '../contract.ts'
import type { Job } from '../state.ts'
import { type Exported, exporter, type Fields } from '../tree.ts'
import { estimatedDurationMs } from '../why.ts'
import type { Viewer } from './viewer.ts'

interface Subject {
  job: Job
  build: Build
  viewer: Viewer
}

/** A build as /job/J/N/api/json shows it. jenkinsci/jenkins Run.java, AbstractBuild.java; workflow-job WorkflowRun.java. */
export function exportBuild(job: Job, build: Build, viewer: Viewer): Exported {
  const subject = { job, build, viewer }
  return build.definition.kind === 'pipeline'
    ? asPipelineRun('org.jenkinsci.plugins.workflow.job.WorkflowRun', subject)
    : asFreestyleBuild('hudson.model.FreeStyleBuild', subject)
}

function buildUrl(build: Build): string {
  return `job/${encodeURIComponent(build.job)}/${build.number}/`
}

/** What a Pipeline's node block is called. */
export function stepName(build: Build): string {
  return `part of ${build.job} #${build.number}`
}

/** The actions of a queue item or build that somebody started. */
export function exportCause(user: string): Exported[] {
  return [asCauseAction('hudson.model.CauseAction', user)]
}

/** A Pipeline's node block in the queue. Its URL is relative, as recorded. */
export function exportStepTask(build: Build): Exported {
  return asStepTask(`${stepExecution}$PlaceholderTask`, build)
}

/** A Pipeline's node block on an executor. */
export function exportStepExecutable(build: Build, viewer: Viewer): Exported {
  return asStepExecutable(`${stepExecution}$PlaceholderTask$PlaceholderExecutable`, { build, viewer })
}

const stepExecution = 'org.jenkinsci.plugins.workflow.support.steps.ExecutorStepExecution'

const asCause = exporter<string>(
  { shortDescription: (user) => `Started by user ${user}`, userId: (user) => user, userName: (user) => user },
  { visibility: 3 },
)
const asCauseAction = exporter<string>(
  { causes: (user) => [asCause('hudson.model.Cause$UserIdCause', user)] },
  { visibility: 2 },
)

const runFields: Fields<Subject> = {
  actions: ({ build }) => exportCause(build.user),
  artifacts: () => [],
  building: ({ build }) => build.building,
  description: () => null,
  displayName: ({ build }) => `#${build.number}`,
  duration: ({ build }) => build.durationMs,
  estimatedDuration: ({ job }) => estimatedDurationMs(job),
  executor: ({ build }) => (build.building ? exportRunningExecutor(build) : null),
  fingerprint: () => [],
  fullDisplayName: ({ build }) => `${build.job} #${build.number}`,
  id: ({ build }) => String(build.number),
  inProgress: ({ build }) => build.building,
  keepLog: () => false,
  number: ({ build }) => build.number,
  queueId: ({ build }) => build.queueId,
  result: ({ build }) => build.result ?? null,
  timestamp: ({ build }) => build.startedAtMs,
  url: ({ build, viewer }) => viewer.rootUrl + buildUrl(build),
}
const shape = { visibilityOf: { number: 2, url: 2, fingerprint: -1 } }
const noChanges = exporter<undefined>({ items: () => [], kind: () => null }, { visibility: 2 })
const asFreestyleBuild = exporter(
  {
    ...runFields,
    builtOn: ({ build }: Subject) => build.builtOn ?? null,
    changeSet: () => noChanges('hudson.scm.EmptyChangeLogSet', undefined),
    culprits: () => [],
  },
  shape,
)
const asPipelineRun = exporter(
  {
    ...runFields,
    changeSets: () => [],
    culprits: () => [],
    nextBuild: (subject: Subject) => neighbour(subject, 1),
    previousBuild: (subject: Subject) => neighbour(subject, -1),
  },
  shape,
)
const asNeighbour = exporter<{ build: Build; viewer: Viewer }>(
  {
    number: ({ build }) => build.number,
    url: ({ build, viewer }) => viewer.rootUrl + buildUrl(build),
  },
  { visibility: 2 },
)

const asStepTask = exporter<Build>({ fullDisplayName: stepName, name: stepName, url: buildUrl })
const asStepExecutable = exporter<{ build: Build; viewer: Viewer }>({
  displayName: ({ build }) => stepName(build),
  estimatedDuration: () => -1,
  fullDisplayName: ({ build }) => stepName(build),
  number: ({ build }) => build.number,
  timestamp: ({ build }) => build.startedAtMs,
  url: ({ build, viewer }) => viewer.rootUrl + buildUrl(build),
})

const asRunningExecutor = exporter<boolean>({
  idle: () => false,
  likelyStuck: () => false,
  number: (isPipeline) => (isPipeline ? -1 : 0),
  progress: () => -1,
})

function exportRunningExecutor(build: Build): Exported {
  const isPipeline = build.definition.kind === 'pipeline'
  return asRunningExecutor(isPipeline ? 'hudson.model.OneOffExecutor' : undefined, isPipeline)
}

function neighbour({ job, build, viewer }: Subject, step: 1 | -1): Exported | null {
  const found = job.builds[job.builds.indexOf(build) + step]
  return found ? asNeighbour(undefined, { build: found, viewer }) : null
}
