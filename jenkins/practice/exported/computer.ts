import {
  computerDisplayName,
  isBuiltIn,
  isOnline,
  labelsOf,
  offlineCause,
  visibleComputers,
} from '../computers.ts'
import type { Build } from '../contract.ts'
import { isInbound } from '../node-xml.ts'
import type { Computer, Occupant, OfflineCause, State } from '../state.ts'
import { type Exported, exporter, type Fields } from '../tree.ts'
import { exportBuild, exportStepExecutable } from './build.ts'
import { exportAssignedLabel } from './label.ts'
import { exportLabelLoad } from './load.ts'
import type { Viewer } from './viewer.ts'

interface Subject {
  computer: Computer
  viewer: Viewer
}

/** All nodes, as /computer/api/json shows them. jenkinsci/jenkins ComputerSet.java. */
export function exportComputers(viewer: Viewer): Exported {
  return asSet('hudson.model.ComputerSet', viewer)
}

/** jenkinsci/jenkins Computer.java and SlaveComputer.java. */
export function exportComputer(computer: Computer, viewer: Viewer): Exported {
  return isBuiltIn(computer)
    ? asBuiltIn('hudson.model.Hudson$MasterComputer', { computer, viewer })
    : asAgent('hudson.slaves.SlaveComputer', { computer, viewer })
}

const asSet = exporter<Viewer>(
  {
    busyExecutors: ({ state }) => visibleComputers(state).flatMap((computer) => busy(computer, state)).length,
    computer: (viewer) => visibleComputers(viewer.state).map((computer) => exportComputer(computer, viewer)),
    displayName: () => 'Nodes',
    totalExecutors: ({ state }) =>
      visibleComputers(state)
        .filter(isOnline)
        .reduce((sum, computer) => sum + computer.executors.length, 0),
  },
  { inline: ['computer'] },
)

const fields: Fields<Subject> = {
  actions: () => [],
  assignedLabels: ({ computer, viewer }) =>
    [...labelsOf(computer)].map((name) => exportAssignedLabel(name, viewer)),
  description: ({ computer }) => computer.config?.description ?? '',
  displayName: ({ computer }) => computerDisplayName(computer),
  executors: ({ computer, viewer }) =>
    computer.executors.map((occupant, number) => asExecutor(undefined, { occupant, number, viewer })),
  icon: ({ computer }) => icon(computer),
  iconClassName: ({ computer }) => icon(computer),
  idle: ({ computer, viewer }) => busy(computer, viewer.state).length === 0,
  jnlpAgent: ({ computer }) => isAgent(computer),
  launchSupported: ({ computer }) => !isAgent(computer),
  loadStatistics: ({ computer, viewer }) =>
    exportLabelLoad(viewer, { kind: 'atom', name: computer.name || 'built-in' }),
  manualLaunchAllowed: () => true,
  monitorData: ({ viewer }) => (mayConnect(viewer) ? noMeasurements : {}),
  numExecutors: ({ computer }) => computer.config?.executors ?? 0,
  offline: ({ computer }) => !isOnline(computer),
  offlineCause: ({ computer }) => exportOfflineCause(offlineCause(computer)),
  offlineCauseReason: ({ computer }) => escapeReason(offlineCause(computer)?.reason ?? ''),
  oneOffExecutors: ({ computer, viewer }) =>
    flyweights(computer, viewer.state).map((build) =>
      asExecutor(undefined, { occupant: { build, isStep: false, sinceMs: 0 }, number: -1, viewer }),
    ),
  temporarilyOffline: ({ computer }) => computer.config?.offlineMark !== undefined,
}
const asBuiltIn = exporter(fields)
const asAgent = exporter({
  ...fields,
  absoluteRemotePath: ({ computer, viewer }: Subject) =>
    mayConnect(viewer) ? (computer.link?.remoteFs ?? null) : null,
})

const asExecutor = exporter<{ occupant: Occupant | undefined; number: number; viewer: Viewer }>({
  currentExecutable: ({ occupant, viewer }) => (occupant ? exportOccupant(occupant, viewer) : null),
  idle: ({ occupant }) => occupant === undefined,
  likelyStuck: () => false,
  number: ({ number }) => number,
  progress: () => -1,
})

const asCause = exporter<OfflineCause>({ timestamp: ({ atMs }) => atMs })
const asDescribedCause = exporter<OfflineCause>({
  timestamp: ({ atMs }) => atMs,
  description: ({ description }) => description ?? null,
})

/** The practice controller measures nothing, so these stay null, as they do for a while after a real agent connects. */
const noMeasurements = Object.fromEntries(
  [
    'SwapSpaceMonitor',
    'TemporarySpaceMonitor',
    'DiskSpaceMonitor',
    'ArchitectureMonitor',
    'ResponseTimeMonitor',
    'ClockMonitor',
  ].map((name) => [`hudson.node_monitors.${name}`, null]),
)

/** Pipelines themselves run on the built-in node, on executors made for the purpose. */
function flyweights(computer: Computer, state: State): Build[] {
  if (!isBuiltIn(computer)) return []
  return [...state.jobs.values()]
    .filter((job) => job.definition.kind === 'pipeline')
    .flatMap((job) => job.builds.filter((build) => build.building))
}

function busy(computer: Computer, state: State): unknown[] {
  return [...computer.executors.filter((occupant) => occupant !== undefined), ...flyweights(computer, state)]
}

function isAgent(computer: Computer): boolean {
  return !isBuiltIn(computer) && (!computer.config || isInbound(computer.config))
}

function mayConnect({ caller }: Viewer): boolean {
  return caller.may('hudson.model.Computer.Connect')
}

/** Null for those who may not read the job. */
function exportOccupant({ build, isStep }: Occupant, viewer: Viewer): Exported | null {
  const job = viewer.state.jobs.get(build.job)
  if (!job || !viewer.caller.may('hudson.model.Item.Read')) return null
  return isStep ? exportStepExecutable(build, viewer) : exportBuild(job, build, viewer)
}

function exportOfflineCause(cause: OfflineCause | undefined): Exported | null {
  if (!cause) return null
  const asKnown = cause.description === undefined ? asCause : asDescribedCause
  return asKnown(`hudson.slaves.OfflineCause$${cause.kind}`, cause)
}

function icon(computer: Computer): string {
  if (isOnline(computer)) return computer.accepting ? 'symbol-computer' : 'symbol-computer-not-accepting'
  const byUser = offlineCause(computer)?.kind === 'UserCause'
  return byUser ? 'symbol-computer-disconnected' : 'symbol-computer-offline'
}

function escapeReason(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
  return text.replace(/[&<>]/g, (char) => entities[char] ?? char)
}
