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
 * A dockerode for the endpoint. `version` such as `v1.41` goes into every path; without it the engine picks.
 * Everything is set explicitly, because dockerode fills gaps from DOCKER_HOST and its kin.
 */
export function dockerClient({ connection }: EngineEndpoint, version?: string): DockerClient {
  const Client = loadDockerode()
  const common = { version, timeout: undefined, headers: {} }
  if ('socketPath' in connection) {
    const { socketPath } = connection
    return new Client({ ...common, host: undefined, port: undefined, protocol: 'http', socketPath })
  }
  const { hostname, port, tls } = connection
  return new Client({ ...common, host: hostname, port, protocol: tls ? 'https' : 'http', ...tls })
}
