import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PlayedPlugin } from '../world.ts'

/** Name and version, as in an admin's list of plugins. */
export interface PluginSpec {
  shortName: string
  version: string
}

/**
 * What stands in `plugins/<name>.jpi` of a practice home: the manifest of a plugin, without the archive around it, which nobody
 * here unpacks.
 */
export function pluginFile({ shortName, version }: PluginSpec): string {
  return `Short-Name: ${shortName}\nLong-Name: ${shortName}\nPlugin-Version: ${version}\n`
}

/** The plugins of a home. jenkinsci/jenkins PluginManager.java: .jpi or .hpi; a file `.disabled` beside it disables one. */
export async function readPlugins(folder: string): Promise<PlayedPlugin[]> {
  const files = (await readdir(folder)).sort()
  const plugins: PlayedPlugin[] = []
  for (const file of files) {
    if (!/\.[jh]pi$/.test(file)) continue
    const text = await readFile(join(folder, file), 'utf8')
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(text)?.[1]
    const shortName = field('Short-Name') ?? file.replace(/\.[jh]pi$/, '')
    const version = field('Plugin-Version')
    const enabled = !files.includes(`${file}.disabled`)
    // Without a manifest Jenkins knows the plugin by its file, and cannot load it.
    plugins.push({
      shortName,
      longName: field('Long-Name') ?? shortName,
      version: version ?? '',
      enabled,
      active: enabled && version !== undefined,
    })
  }
  return plugins
}
