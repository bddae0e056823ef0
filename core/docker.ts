import type { ContainerEngine } from './container-engine.ts'
import type { ContainerHost } from './container-host.ts'
import { connectEngine } from './docker/engine.ts'
import type { HostOptions } from './docker/host/connect.ts'
import { type Attempt, noEngine } from './docker/no-engine.ts'
import { type EngineEndpoint, findDockerHosts } from './docker-host.ts'
import { FootmanError } from './errors.ts'
import { type Log, silentLog } from './log.ts'
import type { SshSurroundings } from './ssh-surroundings.ts'

export interface ConnectOptions {
  /**
   * Where the engine listens, e.g. `unix:///run/docker.sock`; default: as the docker command line would find it.
   */
  host?: string
  env?: NodeJS.ProcessEnv
  /** Key and host key for an engine behind SSH; default: as the ssh command finds them. */
  ssh?: Pick<SshSurroundings, 'key' | 'hostKey'>
  log?: Log
  /** Deadline of one question, in ms. Default 20,000. Work that moves data gets three times as long. */
  timeoutMs?: number
  /** Longest silence of the engine during a pull or an import, in ms. Default 120,000. */
  silenceMs?: number
  signal?: AbortSignal
}

/**
 * Connects to the engine of this machine: the first address that answers, with an API version that both sides
 * speak. Throws RemoteError or UserError that lists what was tried and why each failed.
 */
export async function connectDocker(options: ConnectOptions = {}): Promise<ContainerEngine> {
  return await connectFirst(options, connectEngine)
}

/**
 * As `connectDocker`, for whoever looks after containers that others made: whole answers of `inspect`, networks,
 * volumes, programs inside a container.
 */
export async function connectDockerHost(options: ConnectOptions = {}): Promise<ContainerHost> {
  // Only here: a daemon that lends a machine idles without it.
  const { connectHost } = await import('./docker/host/connect.ts')
  return await connectFirst(options, connectHost)
}

async function connectFirst<T>(
  options: ConnectOptions,
  connect: (endpoint: EngineEndpoint, options: HostOptions) => Promise<T>,
): Promise<T> {
  const {
    host,
    env = process.env,
    ssh = {},
    log = silentLog,
    timeoutMs = 20_000,
    silenceMs = 120_000,
    signal,
  } = options
  const attempts: Attempt[] = []
  const outOfUse = (attempt: Attempt) => {
    attempts.push(attempt)
    log.debug(`${attempt.source}: ${attempt.reason}`)
  }
  for (const finding of findDockerHosts({ host, env })) {
    if (!('endpoint' in finding)) {
      outOfUse(finding)
      continue
    }
    const { endpoint } = finding
    try {
      const engine = await connect(endpoint, {
        ssh: { ...ssh, env, ...(env.HOME && { home: env.HOME }) },
        timeoutMs,
        silenceMs,
        env,
        signal,
      })
      log.debug(`using the container engine at ${endpoint.host} (${endpoint.source})`)
      return engine
    } catch (error) {
      if (!(error instanceof FootmanError)) throw error
      outOfUse({ source: endpoint.source, reason: error })
    }
  }
  throw noEngine(attempts)
}
