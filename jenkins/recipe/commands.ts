import type { Json, JsonObject } from '../../core/container-host.ts'
import { quoteShell } from '../../core/quote.ts'
import { configOptions, coveredConfig } from './config-options.ts'
import { coveredHostConfig, hostOptions } from './host-options.ts'
import { asArray, asObject, asText, asTexts, isSet } from './json.ts'
import type { Recipe } from './recipe.ts'

/**
 * A recipe as lines for a shell, for whoever has to make the container by hand: `docker create`, a `docker network connect` for each
 * further network, `docker start`. What the docker command line has no option for stands in comments before them.
 * The lines hold the container's environment, and so whatever secrets were put there.
 */
export function recreateCommands({ name, body, connect }: Recipe): string[] {
  const host = asObject(body.HostConfig)
  const endpoints = asObject(asObject(body.NetworkingConfig).EndpointsConfig)
  const endpoint = asObject(Object.values(endpoints)[0])
  const entrypoint = asTexts(body.Entrypoint)
  const words = [
    ...['docker', 'create', '--name', name],
    ...configOptions(body),
    ...hostOptions(host),
    ...endpointOptions(endpoint, '--network-alias'),
    // The command line takes one word here; the others come first among the arguments.
    ...(entrypoint.length > 0 ? ['--entrypoint', entrypoint[0] ?? ''] : []),
    asText(body.Image),
    ...entrypoint.slice(1),
    ...asTexts(body.Cmd),
  ]
  return [
    ...uncovered('', body, coveredConfig),
    ...uncovered('HostConfig.', host, coveredHostConfig),
    ...uncovered('EndpointsConfig.', endpoint, new Set(['IPAMConfig', 'Aliases', 'Links', 'MacAddress'])),
    quoteShell(words),
    ...connect.map(({ network, endpoint }) =>
      quoteShell(['docker', 'network', 'connect', ...connectOptions(endpoint), network, name]),
    ),
    quoteShell(['docker', 'start', name]),
  ]
}

function connectOptions(endpoint: JsonObject): string[] {
  return [
    ...endpointOptions(endpoint, '--alias'),
    ...Object.entries(asObject(endpoint.DriverOpts)).flatMap(([key, value]) => [
      '--driver-opt',
      `${key}=${value}`,
    ]),
    ...(isSet(endpoint.GwPriority) ? ['--gw-priority', String(endpoint.GwPriority)] : []),
  ]
}

function endpointOptions(endpoint: JsonObject, aliasOption: string): string[] {
  const { IPv4Address, IPv6Address, LinkLocalIPs } = asObject(endpoint.IPAMConfig)
  const each = (option: string, values: Json | undefined) =>
    asArray(values).flatMap((value) => [option, String(value)])
  return [
    ...(IPv4Address ? ['--ip', asText(IPv4Address)] : []),
    ...(IPv6Address ? ['--ip6', asText(IPv6Address)] : []),
    ...each('--link-local-ip', LinkLocalIPs),
    ...each(aliasOption, endpoint.Aliases),
    ...each('--link', endpoint.Links),
  ]
}

function uncovered(prefix: string, object: JsonObject, covered: ReadonlySet<string>): string[] {
  return Object.entries(object)
    .filter(([key, value]) => !covered.has(key) && isSet(value))
    .map(([key, value]) => `# docker create has no option for ${prefix}${key}: ${JSON.stringify(value)}`)
}
