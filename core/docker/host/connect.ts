import type { ContainerHost } from '../../container-host.ts'
import type { EngineEndpoint } from '../../docker-host.ts'
import { versionAnswer } from '../answers.ts'
import { chooseApiVersion } from '../api-version.ts'
import { Asker } from '../ask.ts'
import { dockerClient } from '../client.ts'
import { EngineApi } from './api.ts'
import { execCalls } from './exec.ts'
import { fileCalls } from './files.ts'
import { imageCalls } from './images.ts'
import { lifeCalls } from './life.ts'
import { lookCalls } from './looks.ts'
import { networkCalls, volumeCalls } from './surroundings.ts'

export interface HostOptions {
  timeoutMs: number
  silenceMs: number
  /** Says where the docker command line keeps its logins. */
  env: NodeJS.ProcessEnv
  signal?: AbortSignal | undefined
}

/** An engine at this endpoint that answered, spoken to in an API version that both sides know. */
export async function connectHost(endpoint: EngineEndpoint, options: HostOptions): Promise<ContainerHost> {
  const asker = new Asker({ ...options, host: endpoint.host })
  const answer = await asker.ask({ signal: options.signal }, async (abortSignal) =>
    dockerClient(endpoint).version({ abortSignal }),
  )
  const version = chooseApiVersion(asker.read(versionAnswer, answer), endpoint.host)
  const docker = dockerClient(endpoint, version)
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
