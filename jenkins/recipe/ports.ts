import type { JsonObject, RawContainer } from '../../core/container-host.ts'
import { asArray, asObject, asText } from './json.ts'

/**
 * Published ports. Where the engine chose a port of the host it stays: agents (50000) and people (8080) have it in their settings by now.
 * Those of `--publish-all` are published one by one for that. Pure.
 */
export function portsOf({ HostConfig, NetworkSettings }: RawContainer): JsonObject {
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
