import { Exported } from '../tree.ts'
import { exportJob } from './job.ts'
import { exportAssignedLabel } from './label.ts'
import { exportOverallLoad, exportUnlabeledLoad } from './load.ts'
import type { Viewer } from './viewer.ts'

/** The controller as /api/json shows it. `agentPort`: -1 off, otherwise as configured. jenkinsci/jenkins Jenkins.java. */
export function exportRoot(viewer: Viewer, agentPort: number): Exported {
  const { state, caller } = viewer
  const { config } = state.builtIn
  const jobs = () => (caller.may('hudson.model.Item.Read') ? [...state.jobs.values()] : [])
  const view = () =>
    new Exported('hudson.model.AllView', { name: () => 'all', url: () => viewer.rootUrl }, { visibility: 2 })
  return new Exported('hudson.model.Hudson', {
    assignedLabels: () => [exportAssignedLabel('built-in', viewer)],
    mode: () => config?.mode ?? 'NORMAL',
    nodeDescription: () => config?.description ?? '',
    nodeName: () => '',
    numExecutors: () => config?.executors ?? 0,
    description: () => null,
    jobs: () =>
      jobs()
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((job) => exportJob(job, viewer)),
    overallLoad: () => exportOverallLoad(viewer, undefined),
    primaryView: view,
    quietDownReason: () => state.quietDown?.reason ?? null,
    quietingDown: () => state.quietDown !== undefined,
    slaveAgentPort: () => agentPort,
    unlabeledLoad: () => exportUnlabeledLoad(viewer),
    url: () => viewer.rootUrl,
    useCrumbs: () => true,
    useSecurity: () => true,
    views: () => [view()],
  })
}
