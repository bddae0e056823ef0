import type { Build } from '../contract.ts'
import { typedLabel } from '../label.ts'
import type { Job } from '../state.ts'
import { Exported, type Value } from '../tree.ts'
import { exportBuild } from './build.ts'
import type { Viewer } from './viewer.ts'

/** A job as /job/J/api/json shows it. jenkinsci/jenkins Job.java, AbstractProject.java; workflow-job WorkflowJob.java. */
export function exportJob(job: Job, viewer: Viewer): Exported {
  const { definition } = job
  return new Exported(
    definition.kind === 'pipeline'
      ? 'org.jenkinsci.plugins.workflow.job.WorkflowJob'
      : 'hudson.model.FreeStyleProject',
    {
      ...itemFields(job, viewer),
      ...buildFields(job, viewer),
      ...(definition.kind === 'pipeline'
        ? { resumeBlocked: () => false }
        : freestyleFields(definition.label)),
    },
    { visibilityOf: { name: 2, url: 2, color: 2 } },
  )
}

function itemFields(job: Job, viewer: Viewer): Record<string, () => Value> {
  const waiting = () =>
    [...viewer.state.queue.values()].find(
      (item) => item.stage !== 'left' && item.task.kind === 'job' && item.task.job === job,
    )
  return {
    actions: () => [],
    description: () => null,
    displayName: () => job.name,
    displayNameOrNull: () => null,
    fullDisplayName: () => job.name,
    fullName: () => job.name,
    name: () => job.name,
    url: () => `${viewer.rootUrl}job/${encodeURIComponent(job.name)}/`,
    buildable: () => true,
    color: () => color(job),
    concurrentBuild: () => job.concurrent,
    disabled: () => false,
    healthReport: () => [],
    inQueue: () => waiting() !== undefined,
    keepDependencies: () => false,
    nextBuildNumber: () => job.nextBuild,
    property: () => [],
    queueItem: () => {
      const item = waiting()
      if (!item) return null
      const fields = {
        id: () => item.id,
        url: () => `queue/item/${item.id}/`,
        why: () => viewer.queue.why(item),
      }
      return new Exported(undefined, fields, { visibility: 999 })
    },
  }
}

function buildFields(job: Job, viewer: Viewer): Record<string, () => Value> {
  const last = (wanted: (build: Build) => boolean) => () => {
    const build = job.builds.findLast(wanted)
    return build ? exportBuild(job, build, viewer) : null
  }
  return {
    builds: () => job.builds.toReversed().map((build) => exportBuild(job, build, viewer)),
    firstBuild: () => (job.builds[0] ? exportBuild(job, job.builds[0], viewer) : null),
    lastBuild: last(() => true),
    lastCompletedBuild: last((build) => !build.building),
    lastFailedBuild: last((build) => build.result === 'FAILURE'),
    lastStableBuild: last((build) => build.result === 'SUCCESS'),
    lastSuccessfulBuild: last((build) => build.result === 'SUCCESS' || build.result === 'UNSTABLE'),
    lastUnstableBuild: last((build) => build.result === 'UNSTABLE'),
    lastUnsuccessfulBuild: last((build) => !build.building && build.result !== 'SUCCESS'),
  }
}

function freestyleFields(label: string): Record<string, () => Value> {
  return {
    downstreamProjects: () => [],
    labelExpression: () => (label === '' ? null : typedLabel(label)),
    scm: () => new Exported('hudson.scm.NullSCM', {}),
    upstreamProjects: () => [],
  }
}

/** The colour of the last completed build, which blinks while another runs. */
function color(job: Job): string {
  const colors = { SUCCESS: 'blue', UNSTABLE: 'yellow', FAILURE: 'red', ABORTED: 'aborted' }
  const result = job.builds.findLast((build) => !build.building)?.result
  const base = result ? colors[result] : 'notbuilt'
  return job.builds.at(-1)?.building ? `${base}_anime` : base
}
