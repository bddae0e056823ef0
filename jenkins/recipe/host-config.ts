import type { JsonObject, RawContainer } from '../../core/container-host.ts'
import { asArray, asObject, asText, asTexts } from './json.ts'
import { joined } from './networks.ts'
import { portsOf } from './ports.ts'

/**
 * HostConfig as it is, but for what only made sense for the old container, and what newer engines refuse. Empty and null differ in
 * it (MaskedPaths, ReadonlyPaths), so nothing else is tidied up. Pure.
 */
export function hostConfigOf(
  container: RawContainer,
  neighbours: Readonly<Record<string, string>>,
): JsonObject {
  const { ContainerIDFile: _file, KernelMemory, KernelMemoryTCP, ...host } = container.HostConfig
  return {
    ...host,
    // Gone from engines since API 1.42, and refused by some even as a zero.
    ...(KernelMemory && { KernelMemory }),
    ...(KernelMemoryTCP && { KernelMemoryTCP }),
    ...mountsOf(container),
    PortBindings: portsOf(container),
    Links: host.Links ? asTexts(host.Links).map(linkAsGiven) : null,
    IpcMode: joined(asText(host.IpcMode), neighbours),
    PidMode: joined(asText(host.PidMode), neighbours),
  }
}

/** `/other:/jenkins/alias` as people write it: `other:alias`. */
function linkAsGiven(link: string): string {
  const [from = '', to = ''] = link.split(':')
  return `${from.replace(/^\//, '')}:${to.slice(to.lastIndexOf('/') + 1)}`
}

/** Every volume by its name: one that is only known by where it is mounted would be a new, empty one next time. */
function mountsOf({ Mounts, HostConfig }: RawContainer): JsonObject {
  const volumeAt = new Map(
    Mounts.filter(({ Type }) => Type === 'volume').map((mount) => [asText(mount.Destination), mount]),
  )
  const binds = asTexts(HostConfig.Binds)
  const mounts = asArray(HostConfig.Mounts).map((mount) => {
    const given = asObject(mount)
    const volume = volumeAt.get(asText(given.Target))
    return given.Type === 'volume' && !given.Source && volume ? { ...given, Source: volume.Name } : given
  })
  const known = new Set([
    ...binds.map((bind) => bind.split(':')[1]),
    ...mounts.map(({ Target }) => asText(Target)),
  ])
  const nameless = [...volumeAt].filter(([destination]) => !known.has(destination))
  const pinned = nameless.map(([destination, { Name, RW }]) => ({ destination, Name: asText(Name), RW }))
  // A colon in a path only goes into the longer form.
  const asBind = pinned.filter(({ destination }) => !destination.includes(':'))
  const asMount = pinned.filter(({ destination }) => destination.includes(':'))
  const allBinds = [
    ...binds,
    ...asBind.map(({ destination, Name, RW }) => `${Name}:${destination}${RW === false ? ':ro' : ''}`),
  ]
  const allMounts = [
    ...mounts,
    ...asMount.map(({ destination, Name, RW }) => ({
      Type: 'volume',
      Source: Name,
      Target: destination,
      ReadOnly: RW === false,
    })),
  ]
  return {
    Binds: allBinds.length > 0 ? allBinds : (HostConfig.Binds ?? null),
    ...(allMounts.length > 0 && { Mounts: allMounts }),
  }
}
