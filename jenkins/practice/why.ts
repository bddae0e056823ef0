import {
  computerDisplayName,
  isOnline,
  labelsOf,
  nodeDisplayName,
  nodesWith,
  openExecutors,
  visibleComputers,
} from './computers.ts'
import { type Label, labelName, matches, readLabel } from './label.ts'
import type { Computer, Job, QueueItem, State } from './state.ts'

/**
 * Why items wait, in the sentences that Jenkins 2.498 says in English: recorded, and for the order of its decisions
 * jenkinsci/jenkins Queue.java BuildableItem.getCauseOfBlockage. One view answers for many items as of one moment.
 */
export interface QueueView {
  why(item: QueueItem): string | null
  stuck(item: QueueItem): boolean
}

export function viewQueue(state: State, now: number): QueueView {
  const labels = new Map<string, LabelView>()
  const viewLabel = (item: QueueItem) => {
    const text = labelText(item)
    const known = labels.get(text) ?? createLabelView(state, readLabel(text))
    labels.set(text, known)
    return known
  }
  return {
    why: (item) => {
      if (item.stage === 'left') return null
      if (item.stage === 'waiting') return quietPeriod(item.quietUntilMs - now)
      const { task } = item
      if (item.stage === 'blocked') return (task.kind === 'job' && blockage(state, task.job, now)) || null
      return state.quietDown ? aboutToShutDown : viewLabel(item).why
    },
    stuck: (item) => {
      if (item.stage !== 'buildable') return false
      const waitedMs = now - item.buildableSinceMs
      const { task } = item
      const estimateMs = task.kind === 'job' ? estimatedDurationMs(task.job) : -1
      const patienceMs = estimateMs < 0 ? 24 * 3_600_000 : Math.max(estimateMs, 60_000) * 10
      return viewLabel(item).offline || waitedMs > patienceMs
    },
  }
}

/** The label text of an item, as typed; '' when it goes anywhere. */
export function labelText(item: QueueItem): string {
  const { task } = item
  if (task.kind === 'step') return task.label
  return task.job.definition.kind === 'freestyle' ? task.job.definition.label : ''
}

/** Why a job may not even become buildable; undefined when it may. */
export function blockage(state: State, job: Job, now: number): string | undefined {
  if (state.quietDown && job.definition.kind === 'pipeline') return aboutToShutDown
  const running = job.concurrent ? undefined : job.builds.findLast((build) => build.building)
  if (!running) return undefined
  const estimateMs = estimatedDurationMs(job)
  const remainingMs = Math.max(0, estimateMs - (now - running.startedAtMs))
  const eta = estimateMs < 0 ? 'N/A' : timeSpan(remainingMs)
  return `Build #${running.number} is already in progress (ETA: ${eta})`
}

/** Why an idle executor of this node refuses an item of this label; undefined when it takes it. Node.canTake. */
export function refusal(computer: Computer, label: Label | undefined): string | undefined {
  const name = nodeDisplayName(computer)
  if (label && !matches(label, labelsOf(computer)))
    return `‘${name}’ doesn’t have label ‘${labelName(label)}’`
  if (!label && computer.config?.mode === 'EXCLUSIVE')
    return `‘${name}’ is reserved for jobs with matching label expression`
  return computer.accepting ? undefined : `‘${name}’ is not accepting tasks`
}

/** Average of the last successful builds, -1 when there are none. */
export function estimatedDurationMs(job: Job): number {
  const ended = job.builds.filter((build) => !build.building && build.result !== 'ABORTED').slice(-3)
  if (ended.length === 0) return -1
  return Math.round(ended.reduce((sum, build) => sum + build.durationMs, 0) / ended.length)
}

const aboutToShutDown = 'Jenkins is about to shut down'
const nextExecutor = 'Waiting for next available executor'

interface LabelView {
  why: string
  /** No node of the label is online. False without a label. */
  offline: boolean
}

function createLabelView(state: State, label: Label | undefined): LabelView {
  const nodes = label ? nodesWith(state, label) : []
  const offline = label !== undefined && !nodes.some(isOnline)
  const refusals = visibleComputers(state)
    .filter((computer) => openExecutors(computer) > 0)
    .flatMap((computer) => refusal(computer, label) ?? [])
  const why = () => {
    // Without any agent Jenkins sees "no point in talking about the label".
    if (!label || state.computers.size === 0) return refusals.sort().join('; ') || nextExecutor
    if (offline) return offlineLabel(label, nodes)
    const idle = nodes.some((computer) => openExecutors(computer) > 0)
    if (idle && refusals.length > 0) return refusals.sort().join('; ')
    const [only, ...more] = nodes
    const place = only && more.length === 0 ? computerDisplayName(only) : labelName(label)
    return `${nextExecutor} on ‘${place}’`
  }
  return { why: why(), offline }
}

function offlineLabel(label: Label, nodes: Computer[]): string {
  const [first, ...more] = nodes
  if (!first) return `There are no nodes with the label ‘${labelName(label)}’`
  if (more.length > 0) return `All nodes of label ‘${labelName(label)}’ are offline`
  return `‘${computerDisplayName(first)}’ is offline`
}

function quietPeriod(remainingMs: number): string {
  return remainingMs > 0 ? `In the quiet period. Expires in ${timeSpan(remainingMs)}` : 'Finished waiting'
}

/** jenkinsci/jenkins Util.getTimeSpanString, for the spans that occur here. */
function timeSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${seconds % 60} sec`
  if (seconds >= 10) return `${seconds} sec`
  if (seconds >= 1) return `${Math.floor(ms / 100) / 10} sec`.replace(/\.0/, '')
  return ms >= 100 ? `${Math.floor(ms / 10) / 100} sec` : `${Math.floor(ms)} ms`
}
