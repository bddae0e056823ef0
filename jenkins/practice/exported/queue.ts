import type { QueueItem } from '../state.ts'
import { type Exported, exporter, type Fields } from '../tree.ts'
import { exportBuild, exportCause, exportStepExecutable, exportStepTask, stepName } from './build.ts'
import { exportJob } from './job.ts'
import type { Viewer } from './viewer.ts'

interface Subject {
  item: QueueItem
  viewer: Viewer
}

/** The queue as a caller may see it: whole items with Job/Read, bare names with Job/Discover. jenkinsci/jenkins Queue.java. */
export function exportQueue(viewer: Viewer): Exported {
  return asQueue('hudson.model.Queue', viewer)
}

export function exportQueueItem(item: QueueItem, viewer: Viewer): Exported {
  const { className, asItem } = stages[item.stage]
  return asItem(`hudson.model.Queue$${className}`, { item, viewer })
}

const asQueue = exporter<Viewer>(
  {
    discoverableItems: (viewer) => (mayGuess(viewer) ? waiting(viewer).map(exportStub) : []),
    items: (viewer) => (maySee(viewer) ? waiting(viewer).map((item) => exportQueueItem(item, viewer)) : []),
  },
  { inline: ['items'] },
)

const fields: Fields<Subject> = {
  actions: ({ item: { task } }) => (task.kind === 'job' ? exportCause(task.user) : []),
  blocked: ({ item }) => item.stage === 'blocked',
  buildable: ({ item }) => item.stage === 'buildable',
  id: ({ item }) => item.id,
  inQueueSince: ({ item }) => item.inQueueSinceMs,
  params: () => '',
  stuck: ({ item, viewer }) => viewer.queue.stuck(item),
  task: ({ item: { task }, viewer }) =>
    task.kind === 'job' ? exportJob(task.job, viewer) : exportStepTask(task.build),
  url: ({ item }) => `queue/item/${item.id}/`,
  why: ({ item, viewer }) => viewer.queue.why(item),
}
const since: Fields<Subject> = { buildableStartMilliseconds: ({ item }) => item.buildableSinceMs }
const withFields = (more: Fields<Subject>) => exporter<Subject>({ ...fields, ...more }, { visibility: 999 })
const stages = {
  waiting: {
    className: 'WaitingItem',
    asItem: withFields({ timestamp: ({ item }) => item.quietUntilMs }),
  },
  blocked: { className: 'BlockedItem', asItem: withFields(since) },
  buildable: { className: 'BuildableItem', asItem: withFields({ ...since, pending: () => false }) },
  left: {
    className: 'LeftItem',
    asItem: withFields({ cancelled: ({ item }) => item.left?.build === undefined, executable }),
  },
}

const asStub = exporter<QueueItem>({ task: (item) => asStubTask(undefined, item) }, { visibility: 999 })
const asStubTask = exporter<QueueItem>(
  { name: ({ task }) => (task.kind === 'job' ? task.job.name : stepName(task.build)) },
  { visibility: 999 },
)

function exportStub(item: QueueItem): Exported {
  return asStub(undefined, item)
}

function executable({ item, viewer }: Subject): Exported | null {
  const build = item.left?.build
  if (!build) return null
  const { task } = item
  return task.kind === 'job' ? exportBuild(task.job, build, viewer) : exportStepExecutable(build, viewer)
}

function waiting({ state }: Viewer): QueueItem[] {
  return [...state.queue.values()].filter((item) => item.stage !== 'left')
}

function maySee({ caller }: Viewer): boolean {
  return caller.may('hudson.model.Item.Read')
}

function mayGuess(viewer: Viewer): boolean {
  return !maySee(viewer) && viewer.caller.may('hudson.model.Item.Discover')
}
