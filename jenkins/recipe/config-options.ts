import type { JsonObject } from '../../core/container-host.ts'
import { quoteShell } from '../../core/quote.ts'
import { asObject, asText, asTexts, isSet } from './json.ts'

/** Properties of a create body that `recreateCommands` knows, or that say nothing about the container. */
export const coveredConfig: ReadonlySet<string> = new Set([
  ...[
    'Hostname',
    'Domainname',
    'User',
    'WorkingDir',
    'Env',
    'Labels',
    'ExposedPorts',
    'StopSignal',
    'StopTimeout',
  ],
  ...['Tty', 'OpenStdin', 'MacAddress', 'Volumes', 'Healthcheck', 'Entrypoint', 'Cmd', 'Image'],
  ...['AttachStdin', 'AttachStdout', 'AttachStderr', 'StdinOnce', 'HostConfig', 'NetworkingConfig'],
])

/** Options of `docker create` for what stands outside HostConfig (docker/cli cli/command/container/opts.go). Pure. */
export function configOptions(body: JsonObject): string[] {
  const published = asObject(asObject(body.HostConfig).PortBindings)
  const exposed = Object.keys(asObject(body.ExposedPorts)).filter((port) => !published[port])
  const one = (option: string, value: JsonObject[string]) => (isSet(value) ? [option, String(value)] : [])
  const each = (option: string, values: readonly string[]) => values.flatMap((value) => [option, value])
  return [
    ...one('--hostname', body.Hostname),
    ...one('--domainname', body.Domainname),
    ...one('--user', body.User),
    ...one('--workdir', body.WorkingDir),
    ...each('--env', asTexts(body.Env)),
    ...each('--label', pairsOf(asObject(body.Labels))),
    ...each('--expose', exposed),
    ...one('--stop-signal', body.StopSignal),
    ...(typeof body.StopTimeout === 'number' ? ['--stop-timeout', String(body.StopTimeout)] : []),
    ...(body.Tty === true ? ['--tty'] : []),
    ...(body.OpenStdin === true ? ['--interactive'] : []),
    ...one('--mac-address', body.MacAddress),
    ...each('--volume', Object.keys(asObject(body.Volumes))),
    ...healthOptions(asObject(body.Healthcheck)),
  ]
}

export function pairsOf(object: JsonObject): string[] {
  return Object.entries(object).map(([key, value]) => `${key}=${value}`)
}

function healthOptions(check: JsonObject): string[] {
  const [kind, ...words] = asTexts(check.Test)
  if (kind === 'NONE') return ['--no-healthcheck']
  const nanoseconds = (option: string, value: JsonObject[string]) =>
    isSet(value) ? [option, `${Number(value) / 1e9}s`] : []
  return [
    ...(kind === 'CMD-SHELL' ? ['--health-cmd', asText(words[0])] : []),
    ...(kind === 'CMD' ? ['--health-cmd', quoteShell(words)] : []),
    ...nanoseconds('--health-interval', check.Interval),
    ...nanoseconds('--health-timeout', check.Timeout),
    ...nanoseconds('--health-start-period', check.StartPeriod),
    ...nanoseconds('--health-start-interval', check.StartInterval),
    ...(isSet(check.Retries) ? ['--health-retries', String(check.Retries)] : []),
  ]
}
