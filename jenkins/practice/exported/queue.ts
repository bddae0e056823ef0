import type { QueueItem } from '../state.ts'
import { Exported, type Value } from '../tree.ts'
import { exportBuild, exportCause, exportStepExecutable, exportStepTask } from './build.ts'
import { exportJob } from './job.ts'
import type { Viewer } from './viewer.ts'

const classes = {
  waiting: 'WaitingItem',
  blocked: 'BlockedItem',
  buildable: 'BuildableItem',
  left: 'LeftItem',
} as const

/** The queue as a caller may see it: whole items with Job/Read, bare names with Job/Discover. jenkinsci/jenkins Queue.java. */
export function exportQueue(viewer: Viewer): Exported {
  const { state, caller } = viewer
  const items = () => [...state.queue.values()].filter((item) => item.stage !== 'left')
  const maySee = caller.may('hudson.model.Item.Read')
  const mayGuess = !maySee && caller.may('hudson.model.Item.Discover')
  return new Exported(
    'hudson.model.Queue',
    {
      discoverableItems: () => (mayGuess ? items().map(exportStub) : []),
      items: () => (maySee ? items().map((item) => exportQueueItem(item, viewer)) : []),
    },
    { inline: ['items'] },
  )
}

export function exportQueueItem(item: QueueItem, viewer: Viewer): Exported {
  return new Exported(
    `hudson.model.Queue$${classes[item.stage]}`,
    { ...itemFields(item, viewer), ...stageFields(item, viewer) },
    { visibility: 999 },
  )
}

function itemFields(item: QueueItem, viewer: Viewer): Record<string, () => Value> {
  const { task } = item
  return {
    actions: () => (task.kind === 'job' ? exportCause(task.user) : []),
    blocked: () => item.stage === 'blocked',
    buildable: () => item.stage === 'buildable',
    id: () => item.id,
    inQueueSince: () => item.inQueueSinceMs,
    params: () => '',
    stuck: () => viewer.queue.stuck(item),
    task: () => (task.kind === 'job' ? exportJob(task.job, viewer) : exportStepTask(task.build)),
    url: () => `queue/item/${item.id}/`,
    why: () => viewer.queue.why(item),
  }
}

function stageFields(item: QueueItem, viewer: Viewer): Record<string, () => Value> {
  if (item.stage === 'waiting') return { timestamp: () => item.quietUntilMs }
  if (item.stage === 'left') {
    return { cancelled: () => item.left?.build === undefined, executable: () => executable(item, viewer) }
  }
  const since = { buildableStartMilliseconds: () => item.buildableSinceMs }
  return item.stage === 'blocked' ? since : { ...since, pending: () => false }
}

function executable(item: QueueItem, viewer: Viewer): Exported | null {
  const build = item.left?.build
  if (!build) return null
  const { task } = item
  return task.kind === 'job' ? exportBuild(task.job, build, viewer) : exportStepExecutable(build, viewer)
}

function exportStub(item: QueueItem): Exported {
  const { task } = item
  const name = task.kind === 'job' ? task.job.name : `part of ${task.build.job} #${task.build.number}`
  const stub = new Exported(undefined, { name: () => name }, { visibility: 999 })
  return new Exported(undefined, { task: () => stub }, { visibility: 999 })
}
