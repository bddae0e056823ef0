import { api, forbidden } from '../replies.ts'
import { exporter } from '../tree.ts'
import type { Route } from '../world.ts'

/** `/pluginManager/api/json`. */
export const pluginManager: Route = (call, world) => {
  const refused =
    forbidden(call, world, 'hudson.model.Hudson.Read') ??
    forbidden(call, world, 'hudson.model.Hudson.Administer')
  return refused ?? api(call, world, asPluginManager('hudson.LocalPluginManager', played))
}

/** Plugins whose work the practice controller does itself. */
const played = {
  'instance-identity': 'Instance Identity',
  'matrix-auth': 'Matrix Authorization Strategy Plugin',
  'workflow-cps': 'Pipeline: Groovy',
  'workflow-durable-task-step': 'Pipeline: Nodes and Processes',
  'workflow-job': 'Pipeline: Job',
}

const asPluginManager = exporter<Record<string, string>>({
  plugins: (plugins) =>
    Object.entries(plugins).map(([shortName, longName]) => asPlugin(undefined, { shortName, longName })),
})

const asPlugin = exporter<{ shortName: string; longName: string }>({
  active: () => true,
  backupVersion: () => null,
  bundled: () => false,
  deleted: () => false,
  dependencies: () => [],
  detached: () => false,
  downgradable: () => false,
  enabled: () => true,
  hasUpdate: () => false,
  longName: ({ longName }) => longName,
  pinned: () => false,
  requiredCoreVersion: () => '2.498',
  shortName: ({ shortName }) => shortName,
  supportsDynamicLoad: () => 'MAYBE',
  url: () => null,
  version: () => '0.practice',
})
