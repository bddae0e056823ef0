import { idleExecutors, isOnline, nodesWith } from '../computers.ts'
import { type Label, labelName, readLabel } from '../label.ts'
import type { Computer, State } from '../state.ts'
import { type Exported, exporter, type Fields } from '../tree.ts'
import { labelText } from '../why.ts'
import type { Viewer } from './viewer.ts'

interface Subject {
  state: State
  /** Undefined: all nodes. */
  label: Label | undefined
  /** The label's name whose waiting builds count, '' for builds without label, undefined for all. */
  queued: string | undefined
}

/** Load statistics. Jenkins smooths them over time; here every series shows the present moment. LoadStatistics.java. */
export function exportLabelLoad({ state }: Viewer, label: Label): Exported {
  return asLoad('hudson.model.Label$1', { state, label, queued: labelName(label) })
}

export function exportUnlabeledLoad({ state }: Viewer): Exported {
  return asLoad('jenkins.model.UnlabeledLoadStatistics', { state, label: undefined, queued: '' })
}

/** `className` is undefined inside the root object. */
export function exportOverallLoad({ state }: Viewer, className: string | undefined): Exported {
  return asOverallLoad(className, { state, label: undefined, queued: undefined })
}

const stage = exporter<number>({ history: (count) => [count], latest: (count) => count })
const timeSeries = exporter<number>({
  hour: (count) => stage(undefined, count),
  min: (count) => stage(undefined, count),
  sec10: (count) => stage(undefined, count),
})
const series = (count: (subject: Subject) => number) => (subject: Subject) =>
  timeSeries(undefined, count(subject))

const total = (computers: Computer[]) => computers.reduce((sum, { executors }) => sum + executors.length, 0)
const idle = (computers: Computer[]) => computers.reduce((sum, item) => sum + idleExecutors(item), 0)

const fields: Fields<Subject> = {
  availableExecutors: series((subject) => idle(online(subject))),
  busyExecutors: series((subject) => total(online(subject)) - idle(online(subject))),
  connectingExecutors: series(() => 0),
  definedExecutors: series(({ state, label }) => total(nodesWith(state, label))),
  idleExecutors: series((subject) => idle(online(subject))),
  onlineExecutors: series((subject) => total(online(subject))),
  queueLength: series(queueLength),
  totalExecutors: series((subject) => total(online(subject))),
}
const asLoad = exporter(fields)
const asOverallLoad = exporter({ ...fields, totalQueueLength: series(queueLength) })

function online({ state, label }: Subject): Computer[] {
  return nodesWith(state, label).filter(isOnline)
}

function queueLength({ state, queued }: Subject): number {
  const buildable = [...state.queue.values()].filter((item) => item.stage === 'buildable')
  if (queued === undefined) return buildable.length
  const nameOf = (text: string) => {
    const label = readLabel(text)
    return label ? labelName(label) : ''
  }
  return buildable.filter((item) => nameOf(labelText(item)) === queued).length
}
