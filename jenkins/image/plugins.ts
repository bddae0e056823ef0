/** What is wrong with one entry of the list of plugins. */
export interface PluginProblem {
  index: number
  message: string
  hint: string
}

/** What jenkins-plugin-cli takes as a version (jenkinsci/plugin-installation-manager-tool README), less what moves. */
const pinned = /^[a-z0-9][a-z0-9_.-]*:[0-9A-Za-z][0-9A-Za-z._+-]*$/i
const moving = ['latest', 'experimental', 'incrementals']

/**
 * Finds plugins that are not pinned as `shortName:version`, and those that stand twice. An image must come out the same
 * tomorrow, or nobody knows what an upgrade has changed. Pure.
 */
export function pluginProblems(plugins: readonly string[]): PluginProblem[] {
  return plugins.flatMap((plugin, index) => {
    const [name = '', version = ''] = plugin.split(':')
    if (!pinned.test(plugin)) {
      const message = `${plugin} has no version; it would be another one with each build`
      return [
        { index, message, hint: `write ${name || 'name'}:VERSION; the plugin's page names its versions` },
      ]
    }
    if (moving.includes(version)) {
      const message = `${plugin} is no version, it is whatever is newest`
      return [{ index, message, hint: `write the version itself: ${name}:VERSION` }]
    }
    const first = plugins.findIndex((other) => other.split(':')[0] === name)
    return first === index
      ? []
      : [{ index, message: `${name} stands in the list twice`, hint: 'keep one of them' }]
  })
}
