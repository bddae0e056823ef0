import { idleExecutors, isOnline, nodesWith } from '../computers.ts'
import { type Label, labelName, readLabel } from '../label.ts'
import type { State } from '../state.ts'
import { Exported } from '../tree.ts'
import { labelText } from '../why.ts'
import type { Viewer } from './viewer.ts'

/** Load statistics. Jenkins smooths them over time; here every series shows the present moment. LoadStatistics.java. */
export function exportLabelLoad(viewer: Viewer, label: Label): Exported {
  return load('hudson.model.Label$1', counts(viewer.state, label, labelName(label)))
}

export function exportUnlabeledLoad(viewer: Viewer): Exported {
  return load('jenkins.model.UnlabeledLoadStatistics', counts(viewer.state, undefined, ''))
}

/** `className` is undefined inside the root object. */
export function exportOverallLoad(viewer: Viewer, className: string | undefined): Exported {
  const all = counts(viewer.state, undefined, undefined)
  return load(className, { ...all, totalQueueLength: all.queueLength })
}

type Counts = Record<string, () => number>

function load(className: string | undefined, counted: Counts): Exported {
  const series = Object.entries(counted).map(([name, count]) => [name, () => timeSeries(count)])
  return new Exported(className, Object.fromEntries(series))
}

function timeSeries(count: () => number): Exported {
  const stage = () => new Exported(undefined, { history: () => [count()], latest: count }, { visibility: 1 })
  return new Exported(undefined, { hour: stage, min: stage, sec10: stage })
}

/** `queued`: the label's name whose waiting builds count, '' for builds without label, undefined for all. */
function counts(
  state: State,
  label: Label | undefined,
  queued: string | undefined,
): Counts & { queueLength: () => number } {
  const online = () => nodesWith(state, label).filter(isOnline)
  const total = () => online().reduce((sum, computer) => sum + computer.executors.length, 0)
  const idle = () => online().reduce((sum, computer) => sum + idleExecutors(computer), 0)
  return {
    availableExecutors: idle,
    busyExecutors: () => total() - idle(),
    connectingExecutors: () => 0,
    definedExecutors: () =>
      nodesWith(state, label).reduce((sum, computer) => sum + computer.executors.length, 0),
    idleExecutors: idle,
    onlineExecutors: total,
    queueLength: () => queueLength(state, queued),
    totalExecutors: total,
  }
}

function queueLength(state: State, queued: string | undefined): number {
  const buildable = [...state.queue.values()].filter((item) => item.stage === 'buildable')
  if (queued === undefined) return buildable.length
  const nameOf = (text: string) => {
    const label = readLabel(text)
    return label ? labelName(label) : ''
  }
  return buildable.filter((item) => nameOf(labelText(item)) === queued).length
}
