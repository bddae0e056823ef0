import type { JsonObject, RawContainer } from '../../core/container-host.ts'
import { asArray, asObject, asText, asTexts } from './json.ts'
import { joined } from './networks.ts'

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

/**
 * Published ports. Where the engine chose a port of the host it stays: agents (50000) and people (8080) have it in their settings by now.
 * Those of `--publish-all` are published one by one for that.
 */
function portsOf({ HostConfig, NetworkSettings }: RawContainer): JsonObject {
  const bound = asObject(NetworkSettings.Ports)
  const given = asObject(HostConfig.PortBindings)
  const chosen = HostConfig.PublishAllPorts === true ? bound : {}
  const ports = Object.keys({ ...given, ...chosen })
  return Object.fromEntries(
    ports.flatMap((port) => {
      const actual = asArray(bound[port]).map(asObject)
      const wanted = given[port] ? asArray(given[port]).map(asObject) : actual.slice(0, 1).map(everywhere)
      return wanted.length > 0 ? [[port, wanted.map((binding) => bindingOf(binding, actual))]] : []
    }),
  )
}

/** The engine tells IPv4 and IPv6 apart, where one was asked for. */
function everywhere(binding: JsonObject): JsonObject {
  return binding.HostIp === '0.0.0.0' || binding.HostIp === '::' ? { ...binding, HostIp: '' } : binding
}

function bindingOf(binding: JsonObject, actual: readonly JsonObject[]): JsonObject {
  const port = asText(binding.HostPort)
  if (/^[1-9]\d*$/.test(port)) return binding
  const same = actual.find(({ HostIp }) => HostIp === binding.HostIp) ?? actual[0]
  return same ? { ...binding, HostPort: asText(same.HostPort) } : binding
}
