import type { Agent } from 'node:http'
import type { EngineEndpoint } from '../docker-host.ts'
import { type Dockerode, loadDockerode } from './dockerode.ts'

interface Abortable {
  abortSignal: AbortSignal
}

/** dockerode; its published types lag behind in these two. */
export type DockerClient = Omit<Dockerode, 'version' | 'info'> & {
  version(options: Abortable): Promise<unknown>
  info(options: Abortable): Promise<unknown>
}

/**
 * A dockerode for the endpoint; an engine behind SSH is reached through `agent`. `version` such as `v1.41` goes into every path; without it the engine picks.
 * Everything is set explicitly, because dockerode fills gaps from DOCKER_HOST and its kin.
 */
export function dockerClient(
  { connection }: EngineEndpoint,
  { version, agent }: { version?: string; agent?: Agent | undefined } = {},
): DockerClient {
  const Client = loadDockerode()
  const common = { version, timeout: undefined, headers: {} }
  if ('socketPath' in connection) {
    const { socketPath } = connection
    return new Client({ ...common, host: undefined, port: undefined, protocol: 'http', socketPath })
  }
  if ('ssh' in connection) {
    // The host goes into a header only: the agent knows the way.
    const { host } = connection.ssh
    const options = { ...common, host, port: 80, protocol: 'http', agent } as const
    return new Client(options)
  }
  const { hostname, port, tls } = connection
  return new Client({ ...common, host: hostname, port, protocol: tls ? 'https' : 'http', ...tls })
}
