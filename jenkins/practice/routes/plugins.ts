import { api, forbidden } from '../replies.ts'
import { Exported } from '../tree.ts'
import type { Route } from '../world.ts'

/** Plugins whose work the practice controller does itself. */
const played = {
  'instance-identity': 'Instance Identity',
  'matrix-auth': 'Matrix Authorization Strategy Plugin',
  'workflow-cps': 'Pipeline: Groovy',
  'workflow-durable-task-step': 'Pipeline: Nodes and Processes',
  'workflow-job': 'Pipeline: Job',
}

/** `/pluginManager/api/json`. */
export const pluginManager: Route = (call, world) => {
  const refused =
    forbidden(call, world, 'hudson.model.Hudson.Read') ??
    forbidden(call, world, 'hudson.model.Hudson.Administer')
  if (refused) return refused
  const plugins = () => Object.entries(played).map(([name, title]) => exportPlugin(name, title))
  return api(call, world, new Exported('hudson.LocalPluginManager', { plugins }))
}

function exportPlugin(shortName: string, longName: string): Exported {
  return new Exported(undefined, {
    active: () => true,
    backupVersion: () => null,
    bundled: () => false,
    deleted: () => false,
    dependencies: () => [],
    detached: () => false,
    downgradable: () => false,
    enabled: () => true,
    hasUpdate: () => false,
    longName: () => longName,
    pinned: () => false,
    requiredCoreVersion: () => '2.498',
    shortName: () => shortName,
    supportsDynamicLoad: () => 'MAYBE',
    url: () => null,
    version: () => '0.practice',
  })
}
