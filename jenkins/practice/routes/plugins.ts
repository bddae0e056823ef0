import { api, forbidden } from '../replies.ts'
import { exporter } from '../tree.ts'
import type { PlayedPlugin, Route } from '../world.ts'

/** `/pluginManager/api/json`. */
export const pluginManager: Route = (call, world) => {
  const refused =
    forbidden(call, world, 'hudson.model.Hudson.Read') ??
    forbidden(call, world, 'hudson.model.Hudson.Administer')
  return refused ?? api(call, world, asPluginManager('hudson.LocalPluginManager', world.plugins))
}

/** Plugins whose work the practice controller does itself. */
export const ownPlugins: readonly PlayedPlugin[] = Object.entries({
  'instance-identity': 'Instance Identity',
  'matrix-auth': 'Matrix Authorization Strategy Plugin',
  'workflow-cps': 'Pipeline: Groovy',
  'workflow-durable-task-step': 'Pipeline: Nodes and Processes',
  'workflow-job': 'Pipeline: Job',
}).map(([shortName, longName]) => ({
  ...{ shortName, longName, version: '0.practice' },
  ...{ active: true, enabled: true },
}))

const asPluginManager = exporter<readonly PlayedPlugin[]>({
  plugins: (plugins) => plugins.map((plugin) => asPlugin(undefined, plugin)),
})

const asPlugin = exporter<PlayedPlugin>({
  active: ({ active }) => active,
  backupVersion: () => null,
  bundled: () => false,
  deleted: () => false,
  dependencies: () => [],
  detached: () => false,
  downgradable: () => false,
  enabled: ({ enabled }) => enabled,
  hasUpdate: () => false,
  longName: ({ longName }) => longName,
  pinned: () => false,
  requiredCoreVersion: () => '2.498',
  shortName: ({ shortName }) => shortName,
  supportsDynamicLoad: () => 'MAYBE',
  url: () => null,
  version: ({ version }) => version,
})
