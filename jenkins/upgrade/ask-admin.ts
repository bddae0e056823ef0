import type { RawContainer } from '../../core/container-host.ts'
import { runProbe } from '../health/admin-probe.ts'
import { asArray, asObject, asText } from '../recipe/json.ts'
import type { Work } from './work.ts'

/** Runs the admin's own check, where there is one. Why the controller is not healthy, or undefined. Throws UserError when it cannot be started. */
export async function askAdmin(work: Work, container: string, version: string): Promise<string | undefined> {
  const { host, settings, signal } = work.options
  const { probe, probeTimeoutMs } = settings.upgrade
  if (probe.length === 0) return undefined
  const found = await host.inspect(container, signal)
  const checked = { container: settings.name, version, url: found && publishedUrl(found) }
  const answer = await runProbe(probe, checked, { timeoutMs: probeTimeoutMs, signal })
  return answer.healthy ? undefined : answer.reason
}

/** Where this machine reaches the controller, by the first published port but the one for agents. */
function publishedUrl({ NetworkSettings }: RawContainer): string | undefined {
  const ports = Object.entries(asObject(NetworkSettings.Ports))
  const [, bindings] = ports.find(([port, bound]) => port !== '50000/tcp' && Array.isArray(bound)) ?? []
  const port = asText(asObject(asArray(bindings)[0]).HostPort)
  return port === '' ? undefined : `http://127.0.0.1:${port}/`
}
