import type { Build } from '../contract.ts'
import { typedLabel } from '../label.ts'
import type { Job, QueueItem } from '../state.ts'
import { type Exported, exporter, type Fields } from '../tree.ts'
import { exportBuild } from './build.ts'
import type { Viewer } from './viewer.ts'

interface Subject {
  job: Job
  viewer: Viewer
}

/** A job as /job/J/api/json shows it. jenkinsci/jenkins Job.java, AbstractProject.java; workflow-job WorkflowJob.java. */
export function exportJob(job: Job, viewer: Viewer): Exported {
  return job.definition.kind === 'pipeline'
    ? asPipeline('org.jenkinsci.plugins.workflow.job.WorkflowJob', { job, viewer })
    : asFreestyle('hudson.model.FreeStyleProject', { job, viewer })
}

const fields: Fields<Subject> = {
  actions: () => [],
  description: () => null,
  displayName: ({ job }) => job.name,
  displayNameOrNull: () => null,
  fullDisplayName: ({ job }) => job.name,
  fullName: ({ job }) => job.name,
  name: ({ job }) => job.name,
  url: ({ job, viewer }) => `${viewer.rootUrl}job/${encodeURIComponent(job.name)}/`,
  buildable: () => true,
  builds: ({ job, viewer }) => job.builds.toReversed().map((build) => exportBuild(job, build, viewer)),
  color: ({ job }) => color(job),
  concurrentBuild: ({ job }) => job.concurrent,
  disabled: () => false,
  firstBuild: ({ job, viewer }) => (job.builds[0] ? exportBuild(job, job.builds[0], viewer) : null),
  healthReport: () => [],
  inQueue: (subject) => waitingItem(subject) !== undefined,
  keepDependencies: () => false,
  lastBuild: last(() => true),
  lastCompletedBuild: last((build) => !build.building),
  lastFailedBuild: last((build) => build.result === 'FAILURE'),
  lastStableBuild: last((build) => build.result === 'SUCCESS'),
  lastSuccessfulBuild: last((build) => build.result === 'SUCCESS' || build.result === 'UNSTABLE'),
  lastUnstableBuild: last((build) => build.result === 'UNSTABLE'),
  lastUnsuccessfulBuild: last((build) => !build.building && build.result !== 'SUCCESS'),
  nextBuildNumber: ({ job }) => job.nextBuild,
  property: () => [],
  queueItem: (subject) => {
    const item = waitingItem(subject)
    return item ? asQueueItem(undefined, { item, viewer: subject.viewer }) : null
  },
}
const shape = { visibilityOf: { name: 2, url: 2, color: 2 } }
const noScm = exporter<undefined>({})
const asFreestyle = exporter<Subject>(
  {
    ...fields,
    downstreamProjects: () => [],
    labelExpression: ({ job: { definition } }) =>
      definition.kind === 'freestyle' && definition.label !== '' ? typedLabel(definition.label) : null,
    scm: () => noScm('hudson.scm.NullSCM', undefined),
    upstreamProjects: () => [],
  },
  shape,
)
const asPipeline = exporter<Subject>({ ...fields, resumeBlocked: () => false }, shape)
const asQueueItem = exporter<{ item: QueueItem; viewer: Viewer }>(
  {
    id: ({ item }) => item.id,
    url: ({ item }) => `queue/item/${item.id}/`,
    why: ({ item, viewer }) => viewer.queue.why(item),
  },
  { visibility: 999 },
)

function last(wanted: (build: Build) => boolean): (subject: Subject) => Exported | null {
  return ({ job, viewer }) => {
    const build = job.builds.findLast(wanted)
    return build ? exportBuild(job, build, viewer) : null
  }
}

function waitingItem({ job, viewer }: Subject): QueueItem | undefined {
  return [...viewer.state.queue.values()].find(
    (item) => item.stage !== 'left' && item.task.kind === 'job' && item.task.job === job,
  )
}

/** The colour of the last completed build, which blinks while another runs. */
function color(job: Job): string {
  const colors = { SUCCESS: 'blue', UNSTABLE: 'yellow', FAILURE: 'red', ABORTED: 'aborted' }
  const result = job.builds.findLast((build) => !build.building)?.result
  const base = result ? colors[result] : 'notbuilt'
  return job.builds.at(-1)?.building ? `${base}_anime` : base
}
