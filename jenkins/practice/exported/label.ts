import { idleExecutors, isBuiltIn, isOnline, nodeDisplayName, nodesWith } from '../computers.ts'
import { type Label, labelClass, labelName, readLabel } from '../label.ts'
import type { Computer } from '../state.ts'
import { Exported } from '../tree.ts'
import { exportJob } from './job.ts'
import { exportLabelLoad } from './load.ts'
import type { Viewer } from './viewer.ts'

/** A label as /label/EXPR/api/json shows it. jenkinsci/jenkins Label.java. */
export function exportLabel(label: Label, viewer: Viewer): Exported {
  const { state, caller } = viewer
  const isAtom = label.kind === 'atom'
  const nodes = () => nodesWith(state, label)
  const sum = (count: (computer: Computer) => number) =>
    nodes()
      .filter(isOnline)
      .reduce((total, computer) => total + count(computer), 0)
  const tied = () =>
    [...state.jobs.values()].filter(
      ({ definition }) =>
        caller.may('hudson.model.Item.Read') &&
        definition.kind === 'freestyle' &&
        nameOf(definition.label) === labelName(label),
    )
  return new Exported(
    labelClass(label),
    {
      actions: () => [],
      busyExecutors: () => sum((computer) => computer.executors.length - idleExecutors(computer)),
      clouds: () => [],
      description: () => (isAtom ? null : describe(nodes())),
      idleExecutors: () => sum(idleExecutors),
      loadStatistics: () => exportLabelLoad(viewer, label),
      name: () => labelName(label),
      nodes: () => nodes().map(exportNode),
      offline: () => !nodes().some(isOnline),
      tiedJobs: () => tied().map((job) => exportJob(job, viewer)),
      totalExecutors: () => sum((computer) => computer.executors.length),
      ...(isAtom ? { propertiesList: () => [] } : {}),
    },
    { visibilityOf: { name: 2 } },
  )
}

/** A label where only its name is known to be wanted, without `_class`: inside a node. */
export function exportAssignedLabel(name: string, viewer: Viewer): Exported {
  const { fields, shape } = exportLabel({ kind: 'atom', name }, viewer)
  return new Exported(undefined, fields, shape)
}

function exportNode(computer: Computer): Exported {
  const { config } = computer
  return new Exported(
    isBuiltIn(computer) ? 'hudson.model.Hudson' : 'hudson.slaves.DumbSlave',
    {
      mode: () => config?.mode ?? null,
      nodeDescription: () => config?.description ?? '',
      nodeName: () => computer.name,
      numExecutors: () => config?.executors ?? 0,
    },
    { visibilityOf: { nodeName: 2 } },
  )
}

function describe(nodes: Computer[]): string {
  const [only, ...more] = nodes
  if (!only) return 'invalid label'
  if (more.length === 0) return only.config?.description ?? ''
  return `group of ${nodes.map(nodeDisplayName).join(', ')}`
}

function nameOf(text: string): string | undefined {
  const label = readLabel(text)
  return label && labelName(label)
}
