import type { JsonObject, RawContainer } from '../../core/container-host.ts'
import { asObject, asText, asTexts, onlySet } from './json.ts'

export interface Networks {
  /** For HostConfig.NetworkMode. */
  mode: string
  /** For NetworkingConfig.EndpointsConfig: one at most. */
  endpoints: JsonObject
  connect: { network: string; endpoint: JsonObject }[]
}

/**
 * The networks of a container, with what a person has asked of each; addresses that the engine chose are left to it.
 * The first comes with the create, the others are connected before the start. Pure.
 */
export function networksOf(container: RawContainer, neighbours: Readonly<Record<string, string>>): Networks {
  const mode = asText(container.HostConfig.NetworkMode) || 'default'
  if (mode === 'host' || mode === 'none' || mode.startsWith('container:')) {
    return { mode: joined(mode, neighbours), endpoints: {}, connect: [] }
  }
  const networks = Object.entries(asObject(container.NetworkSettings.Networks))
  const first = networks.find((network) => isFirst(network, mode)) ?? networks[0]
  if (!first) return { mode, endpoints: {}, connect: [] }
  const [name] = first
  const endpoint = endpointOf(first, container)
  const isDefault = name === 'bridge' && (mode === 'default' || mode === 'bridge')
  return {
    mode: isDefault ? mode : name,
    endpoints: Object.keys(endpoint).length > 0 ? { [name]: endpoint } : {},
    connect: networks
      .filter((network) => network !== first)
      .map((network) => ({ network: network[0], endpoint: endpointOf(network, container) })),
  }
}

/** `container:<id>` by name, where it is known; anything else as it is. */
export function joined(mode: string, neighbours: Readonly<Record<string, string>>): string {
  const prefix = 'container:'
  if (!mode.startsWith(prefix)) return mode
  const id = mode.slice(prefix.length)
  return `${prefix}${neighbours[id] ?? id}`
}

type Network = [name: string, endpoint: JsonObject | unknown]

function isFirst([name, endpoint]: Network, mode: string): boolean {
  if (mode === 'default') return name === 'bridge'
  // A network may have been given by its id.
  const id = asText(asObject(endpoint as JsonObject).NetworkID)
  return name === mode || (/^[0-9a-f]{12,64}$/.test(mode) && id.startsWith(mode))
}

function endpointOf([name, raw]: Network, { Id, Config }: RawContainer): JsonObject {
  const endpoint = asObject(raw as JsonObject)
  const { IPv4Address, IPv6Address, LinkLocalIPs } = asObject(endpoint.IPAMConfig)
  const fixed = onlySet({ IPv4Address, IPv6Address, LinkLocalIPs })
  // Engines before API 1.45 add the short id by themselves; on the default bridge there are no aliases.
  const aliases = asTexts(endpoint.Aliases).filter((alias) => alias !== Id.slice(0, 12))
  const hasOwnMac = Config.MacAddress !== '' && endpoint.MacAddress === Config.MacAddress
  return onlySet({
    IPAMConfig: fixed,
    Links: endpoint.Links,
    Aliases: name === 'bridge' ? null : aliases,
    DriverOpts: endpoint.DriverOpts,
    GwPriority: endpoint.GwPriority,
    MacAddress: hasOwnMac ? endpoint.MacAddress : null,
  })
}
