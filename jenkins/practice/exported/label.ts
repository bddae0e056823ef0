import { idleExecutors, isBuiltIn, isOnline, nodeDisplayName, nodesWith } from '../computers.ts'
import { type Label, labelClass, labelName, readLabel } from '../label.ts'
import type { Computer } from '../state.ts'
import { type Exported, exporter, type Fields } from '../tree.ts'
import { exportJob } from './job.ts'
import { exportLabelLoad } from './load.ts'
import type { Viewer } from './viewer.ts'

interface Subject {
  label: Label
  viewer: Viewer
}

/** A label as /label/EXPR/api/json shows it. jenkinsci/jenkins Label.java. */
export function exportLabel(label: Label, viewer: Viewer): Exported {
  const asLabel = label.kind === 'atom' ? asAtom : asExpression
  return asLabel(labelClass(label), { label, viewer })
}

/** A label where only its name is known to be wanted, without `_class`: inside a node. */
export function exportAssignedLabel(name: string, viewer: Viewer): Exported {
  return asAtom(undefined, { label: { kind: 'atom', name }, viewer })
}

const fields: Fields<Subject> = {
  actions: () => [],
  busyExecutors: (subject) => sum(subject, (computer) => computer.executors.length - idleExecutors(computer)),
  clouds: () => [],
  description: (subject) => (subject.label.kind === 'atom' ? null : describe(nodesOf(subject))),
  idleExecutors: (subject) => sum(subject, idleExecutors),
  loadStatistics: ({ label, viewer }) => exportLabelLoad(viewer, label),
  name: ({ label }) => labelName(label),
  nodes: (subject) => nodesOf(subject).map(exportNode),
  offline: (subject) => !nodesOf(subject).some(isOnline),
  tiedJobs: ({ label, viewer }) => tiedJobs(label, viewer),
  totalExecutors: (subject) => sum(subject, (computer) => computer.executors.length),
}
const shape = { visibilityOf: { name: 2 } }
const asExpression = exporter(fields, shape)
const asAtom = exporter({ ...fields, propertiesList: () => [] }, shape)

const asNode = exporter<Computer>(
  {
    mode: ({ config }) => config?.mode ?? null,
    nodeDescription: ({ config }) => config?.description ?? '',
    nodeName: ({ name }) => name,
    numExecutors: ({ config }) => config?.executors ?? 0,
  },
  { visibilityOf: { nodeName: 2 } },
)

function exportNode(computer: Computer): Exported {
  return asNode(isBuiltIn(computer) ? 'hudson.model.Hudson' : classOf(computer), computer)
}

function nodesOf({ label, viewer }: Subject): Computer[] {
  return nodesWith(viewer.state, label)
}

function sum(subject: Subject, count: (computer: Computer) => number): number {
  return nodesOf(subject)
    .filter(isOnline)
    .reduce((total, computer) => total + count(computer), 0)
}

function tiedJobs(label: Label, viewer: Viewer): Exported[] {
  if (!viewer.caller.may('hudson.model.Item.Read')) return []
  return [...viewer.state.jobs.values()]
    .filter(
      ({ definition }) => definition.kind === 'freestyle' && nameOf(definition.label) === labelName(label),
    )
    .map((job) => exportJob(job, viewer))
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

function classOf({ config }: Computer): string {
  return config?.isSwarm ? 'hudson.plugins.swarm.SwarmSlave' : 'hudson.slaves.DumbSlave'
}
