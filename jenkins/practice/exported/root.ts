import { type Exported, exporter } from '../tree.ts'
import { exportJob } from './job.ts'
import { exportAssignedLabel } from './label.ts'
import { exportOverallLoad, exportUnlabeledLoad } from './load.ts'
import type { Viewer } from './viewer.ts'

/** The controller as /api/json shows it. `agentPort`: -1 off, otherwise as it is. jenkinsci/jenkins Jenkins.java. */
export function exportRoot(viewer: Viewer, agentPort: number): Exported {
  return asRoot('hudson.model.Hudson', { viewer, agentPort })
}

const asView = exporter<Viewer>({ name: () => 'all', url: ({ rootUrl }) => rootUrl }, { visibility: 2 })
const allView = (viewer: Viewer) => asView('hudson.model.AllView', viewer)

const asRoot = exporter<{ viewer: Viewer; agentPort: number }>({
  assignedLabels: ({ viewer }) => [exportAssignedLabel('built-in', viewer)],
  mode: ({ viewer }) => viewer.state.builtIn.config?.mode ?? 'NORMAL',
  nodeDescription: ({ viewer }) => viewer.state.builtIn.config?.description ?? '',
  nodeName: () => '',
  numExecutors: ({ viewer }) => viewer.state.builtIn.config?.executors ?? 0,
  description: () => null,
  jobs: ({ viewer }) => jobs(viewer),
  overallLoad: ({ viewer }) => exportOverallLoad(viewer, undefined),
  primaryView: ({ viewer }) => allView(viewer),
  quietDownReason: ({ viewer }) => viewer.state.quietDown?.reason ?? null,
  quietingDown: ({ viewer }) => viewer.state.quietDown !== undefined,
  slaveAgentPort: ({ agentPort }) => agentPort,
  unlabeledLoad: ({ viewer }) => exportUnlabeledLoad(viewer),
  url: ({ viewer }) => viewer.rootUrl,
  useCrumbs: () => true,
  useSecurity: () => true,
  views: ({ viewer }) => [allView(viewer)],
})

function jobs(viewer: Viewer): Exported[] {
  if (!viewer.caller.may('hudson.model.Item.Read')) return []
  return [...viewer.state.jobs.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((job) => exportJob(job, viewer))
}
