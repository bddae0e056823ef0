import { posix } from 'node:path'
import type { LayerChange, RawContainer } from '../../core/container-host.ts'
import { isWithin } from './home-mount.ts'
import { asObject, asText } from './json.ts'

/** What every container changes, and nobody misses. */
const worthless = ['/tmp', '/var/tmp', '/run', '/var/run', '/var/cache', '/var/log', '/dev', '/proc', '/sys']
/** Made by the engine for every container. */
const made = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/etc/mtab', '/.dockerenv']

/** Of the changes in a container's own layer those that somebody may miss when it is made again; of a new folder only itself. Pure. */
export function lostWithLayer(container: RawContainer, changes: readonly LayerChange[]): LayerChange[] {
  const mounted = [
    ...container.Mounts.map(({ Destination }) => asText(Destination)),
    ...Object.keys(asObject(container.HostConfig.Tmpfs)),
  ]
  const parents = new Set(changes.flatMap(({ path }) => ancestorsOf(path)))
  const added = new Set(changes.filter(({ kind }) => kind === 'added').map(({ path }) => path))
  return changes.filter(({ path, kind }) => {
    if (worthless.some((folder) => isWithin(path, folder)) || made.includes(path)) return false
    // Where something is mounted, the engine makes the folders on the way.
    if (mounted.some((mount) => isWithin(path, mount))) return false
    if (kind !== 'deleted' && mounted.some((mount) => isWithin(mount, path))) return false
    // A folder counts as changed because of what is in it.
    if (kind === 'changed' && parents.has(path)) return false
    return !ancestorsOf(path).some((folder) => added.has(folder) && !leadsToMount(folder, mounted))
  })
}

function leadsToMount(folder: string, mounted: readonly string[]): boolean {
  return mounted.some((mount) => isWithin(mount, folder))
}

function ancestorsOf(path: string): string[] {
  const parent = posix.dirname(path)
  return parent === path || parent === '/' ? [] : [parent, ...ancestorsOf(parent)]
}
