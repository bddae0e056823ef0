import type { Build } from '../contract.ts'
import type { Job } from '../state.ts'
import { Exported } from '../tree.ts'
import { estimatedDurationMs } from '../why.ts'
import type { Viewer } from './viewer.ts'

const stepExecution = 'org.jenkinsci.plugins.workflow.support.steps.ExecutorStepExecution'

/** A build as /job/J/N/api/json shows it. jenkinsci/jenkins Run.java, AbstractBuild.java; workflow-job WorkflowRun.java. */
export function exportBuild(job: Job, build: Build, viewer: Viewer): Exported {
  const isPipeline = build.definition.kind === 'pipeline'
  return new Exported(
    isPipeline ? 'org.jenkinsci.plugins.workflow.job.WorkflowRun' : 'hudson.model.FreeStyleBuild',
    {
      ...runFields(job, build, viewer),
      ...(isPipeline ? pipelineFields(job, build, viewer) : freestyleFields(build)),
    },
    { visibilityOf: { number: 2, url: 2, fingerprint: -1 } },
  )
}

export function buildUrl(build: Build): string {
  return `job/${encodeURIComponent(build.job)}/${build.number}/`
}

/** The actions of a queue item or build that somebody started. */
export function exportCause(user: string): Exported[] {
  const cause = new Exported(
    'hudson.model.Cause$UserIdCause',
    { shortDescription: () => `Started by user ${user}`, userId: () => user, userName: () => user },
    { visibility: 3 },
  )
  return [new Exported('hudson.model.CauseAction', { causes: () => [cause] }, { visibility: 2 })]
}

/** A Pipeline's node block in the queue. Its URL is relative, as recorded. */
export function exportStepTask(build: Build): Exported {
  const name = `part of ${build.job} #${build.number}`
  return new Exported(`${stepExecution}$PlaceholderTask`, {
    fullDisplayName: () => name,
    name: () => name,
    url: () => buildUrl(build),
  })
}

/** A Pipeline's node block on an executor. */
export function exportStepExecutable(build: Build, viewer: Viewer): Exported {
  const name = `part of ${build.job} #${build.number}`
  return new Exported(`${stepExecution}$PlaceholderTask$PlaceholderExecutable`, {
    displayName: () => name,
    estimatedDuration: () => -1,
    fullDisplayName: () => name,
    number: () => build.number,
    timestamp: () => build.startedAtMs,
    url: () => viewer.rootUrl + buildUrl(build),
  })
}

function runFields(job: Job, build: Build, viewer: Viewer) {
  return {
    actions: () => exportCause(build.user),
    artifacts: () => [],
    building: () => build.building,
    description: () => null,
    displayName: () => `#${build.number}`,
    duration: () => build.durationMs,
    estimatedDuration: () => estimatedDurationMs(job),
    executor: () => (build.building ? exportRunningExecutor(build) : null),
    fingerprint: () => [],
    fullDisplayName: () => `${build.job} #${build.number}`,
    id: () => String(build.number),
    inProgress: () => build.building,
    keepLog: () => false,
    number: () => build.number,
    queueId: () => build.queueId,
    result: () => build.result ?? null,
    timestamp: () => build.startedAtMs,
    url: () => viewer.rootUrl + buildUrl(build),
  }
}

function freestyleFields(build: Build) {
  const changes = { items: () => [], kind: () => null }
  return {
    builtOn: () => build.builtOn ?? null,
    changeSet: () => new Exported('hudson.scm.EmptyChangeLogSet', changes, { visibility: 2 }),
    culprits: () => [],
  }
}

function pipelineFields(job: Job, build: Build, viewer: Viewer) {
  const neighbour = (step: number) => () => {
    const found = job.builds[job.builds.indexOf(build) + step]
    if (!found) return null
    return new Exported(
      undefined,
      { number: () => found.number, url: () => viewer.rootUrl + buildUrl(found) },
      { visibility: 2 },
    )
  }
  return {
    changeSets: () => [],
    culprits: () => [],
    nextBuild: neighbour(1),
    previousBuild: neighbour(-1),
  }
}

function exportRunningExecutor(build: Build): Exported {
  const isPipeline = build.definition.kind === 'pipeline'
  return new Exported(isPipeline ? 'hudson.model.OneOffExecutor' : undefined, {
    idle: () => false,
    likelyStuck: () => false,
    number: () => (isPipeline ? -1 : 0),
    progress: () => -1,
  })
}
