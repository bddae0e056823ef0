import type { JsonObject } from '../../core/container-host.ts'
import type { ControllerSettings } from '../config/settings.ts'
import { webAddress } from '../launch-options.ts'
import { labels } from '../upgrade/names.ts'

/** Where the home is in the container: jenkinsci/docker Dockerfile. */
export const homeInside = '/var/jenkins_home'
const engineSocket = '/var/run/docker.sock'

/** The body of `POST /containers/create` that makes the controller's container. Pure. */
export function containerBody(settings: ControllerSettings): JsonObject {
  const { image, home, memoryBytes, restart, build, upgrade } = settings
  const published = portsOf(settings)
  return {
    Image: image,
    Env: Object.entries(variablesOf(settings)).map(([name, value]) => `${name}=${value}`),
    Labels: { [labels.controller]: settings.name, [labels.role]: 'controller' },
    ExposedPorts: Object.fromEntries(Object.keys(published).map((port) => [port, {}])),
    // Also `docker stop` and a shutdown of the machine give Jenkins the time to write down what it has in memory.
    StopTimeout: Math.ceil(upgrade.stopGraceMs / 1000),
    HostConfig: {
      Binds: [`${home}:${homeInside}`, ...(build.docker ? [`${engineSocket}:${engineSocket}`] : [])],
      PortBindings: published,
      RestartPolicy: { Name: restart, MaximumRetryCount: 0 },
      ...(memoryBytes === undefined ? {} : { Memory: memoryBytes }),
    },
  }
}

/** Container port -> where it is published, as the Docker Engine API writes it. */
export function portsOf({ ports, env }: Pick<ControllerSettings, 'ports' | 'env'>) {
  const { http, agents, bind } = ports
  const at = (port: number) => [{ HostIp: bind, HostPort: String(port) }]
  return { [`${webAddress([], env).port}/tcp`]: at(http), [`${agents}/tcp`]: at(agents) }
}

/** The variables that the settings ask for. */
export function variablesOf({
  env,
  timeZone,
  ports,
}: Pick<ControllerSettings, 'env' | 'timeZone' | 'ports'>): Record<string, string> {
  return {
    ...(timeZone === undefined ? {} : { TZ: timeZone }),
    // Jenkins tells agents the port on which it listens itself, so that must be the published one: jenkinsci/docker README.
    ...(ports.agents === usualAgentPort ? {} : { JENKINS_SLAVE_AGENT_PORT: String(ports.agents) }),
    ...env,
  }
}

/** Where the official image listens for agents unless it is told otherwise. */
const usualAgentPort = 50_000
