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
import type { Computer, Occupant, State } from '../state.ts'
import { Exported } from '../tree.ts'
import { escapeXml } from '../xml.ts'
import { exportBuild, exportStepExecutable } from './build.ts'
import { exportAssignedLabel } from './label.ts'
import { exportLabelLoad } from './load.ts'
import type { Viewer } from './viewer.ts'

/** All nodes, as /computer/api/json shows them. jenkinsci/jenkins ComputerSet.java. */
export function exportComputers(viewer: Viewer): Exported {
  const computers = visibleComputers(viewer.state)
  const total = () => computers.filter(isOnline).reduce((sum, computer) => sum + computer.executors.length, 0)
  return new Exported(
    'hudson.model.ComputerSet',
    {
      busyExecutors: () => computers.flatMap((computer) => busy(computer, viewer.state)).length,
      computer: () => computers.map((computer) => exportComputer(computer, viewer)),
      displayName: () => 'Nodes',
      totalExecutors: total,
    },
    { inline: ['computer'] },
  )
}

/** jenkinsci/jenkins Computer.java and SlaveComputer.java. */
export function exportComputer(computer: Computer, viewer: Viewer): Exported {
  const { config } = computer
  const builtIn = isBuiltIn(computer)
  const mayConnect = viewer.caller.may('hudson.model.Computer.Connect')
  const inbound = !builtIn && (!config || isInbound(config))
  const monitors = () => (mayConnect ? Object.fromEntries(monitorNames.map((name) => [name, null])) : {})
  return new Exported(builtIn ? 'hudson.model.Hudson$MasterComputer' : 'hudson.slaves.SlaveComputer', {
    actions: () => [],
    assignedLabels: () => [...labelsOf(computer)].map((name) => exportAssignedLabel(name, viewer)),
    description: () => config?.description ?? '',
    displayName: () => computerDisplayName(computer),
    executors: () => computer.executors.map((occupant, index) => exportExecutor(occupant, index, viewer)),
    icon: () => icon(computer),
    iconClassName: () => icon(computer),
    idle: () => busy(computer, viewer.state).length === 0,
    jnlpAgent: () => inbound,
    launchSupported: () => !inbound,
    loadStatistics: () => exportLabelLoad(viewer, { kind: 'atom', name: computer.name || 'built-in' }),
    manualLaunchAllowed: () => true,
    monitorData: monitors,
    numExecutors: () => config?.executors ?? 0,
    offline: () => !isOnline(computer),
    offlineCause: () => exportOfflineCause(computer),
    offlineCauseReason: () => escapeReason(offlineCause(computer)?.reason ?? ''),
    oneOffExecutors: () => oneOffExecutors(computer, viewer),
    temporarilyOffline: () => config?.offlineMark !== undefined,
    ...(builtIn ? {} : { absoluteRemotePath: () => (mayConnect ? (computer.link?.remoteFs ?? null) : null) }),
  })
}

/** The practice controller measures nothing, so these stay null, as they do for a while after a real agent connects. */
const monitorNames = [
  'SwapSpaceMonitor',
  'TemporarySpaceMonitor',
  'DiskSpaceMonitor',
  'ArchitectureMonitor',
  'ResponseTimeMonitor',
  'ClockMonitor',
].map((name) => `hudson.node_monitors.${name}`)

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

function oneOffExecutors(computer: Computer, viewer: Viewer): Exported[] {
  return flyweights(computer, viewer.state).map((build) =>
    exportExecutor({ build, isStep: false, sinceMs: build.startedAtMs }, -1, viewer),
  )
}

function exportExecutor(occupant: Occupant | undefined, number: number, viewer: Viewer): Exported {
  return new Exported(undefined, {
    currentExecutable: () => (occupant ? exportOccupant(occupant, viewer) : null),
    idle: () => occupant === undefined,
    likelyStuck: () => false,
    number: () => number,
    progress: () => -1,
  })
}

/** Null for those who may not read the job. */
function exportOccupant({ build, isStep }: Occupant, viewer: Viewer): Exported | null {
  const job = viewer.state.jobs.get(build.job)
  if (!job || !viewer.caller.may('hudson.model.Item.Read')) return null
  return isStep ? exportStepExecutable(build, viewer) : exportBuild(job, build, viewer)
}

function exportOfflineCause(computer: Computer): Exported | null {
  const cause = offlineCause(computer)
  if (!cause) return null
  const { description } = cause
  return new Exported(`hudson.slaves.OfflineCause$${cause.kind}`, {
    timestamp: () => cause.atMs,
    ...(description === undefined ? {} : { description: () => description }),
  })
}

function icon(computer: Computer): string {
  if (isOnline(computer)) return computer.accepting ? 'symbol-computer' : 'symbol-computer-not-accepting'
  const byUser = offlineCause(computer)?.kind === 'UserCause'
  return byUser ? 'symbol-computer-disconnected' : 'symbol-computer-offline'
}

function escapeReason(text: string): string {
  return escapeXml(text).replaceAll('&quot;', '"').replaceAll('&apos;', "'")
}
