import type { ContainerHost } from '../../container-host.ts'
import type { EngineEndpoint } from '../../docker-host.ts'
import type { SshSurroundings } from '../../ssh-surroundings.ts'
import { versionAnswer } from '../answers.ts'
import { chooseApiVersion } from '../api-version.ts'
import { Asker } from '../ask.ts'
import { dockerClient } from '../client.ts'
import { sshAgentFor } from '../over-ssh.ts'
import { EngineApi } from './api.ts'
import { execCalls } from './exec.ts'
import { fileCalls } from './files.ts'
import { imageCalls } from './images.ts'
import { lifeCalls } from './life.ts'
import { lookCalls } from './looks.ts'
import { networkCalls, volumeCalls } from './surroundings.ts'

export interface HostOptions {
  /** For an engine behind SSH. */
  ssh?: SshSurroundings
  timeoutMs: number
  silenceMs: number
  /** Says where the docker command line keeps its logins. */
  env: NodeJS.ProcessEnv
  signal?: AbortSignal | undefined
}

/**
 * An engine at this endpoint that answered, spoken to in an API version that both sides know. One behind SSH stays connected as long
 * as this process lives.
 */
export async function connectHost(endpoint: EngineEndpoint, options: HostOptions): Promise<ContainerHost> {
  const asker = new Asker({ ...options, host: endpoint.host })
  const agent = sshAgentFor(endpoint, options)
  const answer = await asker.ask({ signal: options.signal }, async (abortSignal) =>
    dockerClient(endpoint, { agent }).version({ abortSignal }),
  )
  const version = chooseApiVersion(asker.read(versionAnswer, answer), endpoint.host)
  const docker = dockerClient(endpoint, { version, agent })
  const api = new EngineApi({ docker, asker, longMs: options.timeoutMs * 3 })
  return {
    ...lookCalls(api, version.slice(1)),
    ...lifeCalls(api),
    ...fileCalls(api),
    ...execCalls(api),
    ...imageCalls(api, options.env),
    ...networkCalls(api),
    ...volumeCalls(api),
  }
}
