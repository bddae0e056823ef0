import type { ContainerHost } from '../../container-host.ts'
import type { EngineEndpoint } from '../../docker-host.ts'
import { type NegotiateOptions, negotiate } from '../negotiate.ts'
import { EngineApi } from './api.ts'
import { execCalls } from './exec.ts'
import { fileCalls } from './files.ts'
import { imageCalls } from './images.ts'
import { lifeCalls } from './life.ts'
import { lookCalls } from './looks.ts'
import { networkCalls, volumeCalls } from './surroundings.ts'

export interface HostOptions extends NegotiateOptions {
  /** Says where the docker command line keeps its logins. */
  env: NodeJS.ProcessEnv
}

/**
 * An engine at this endpoint that answered, spoken to in an API version that both sides know. One behind SSH stays connected as long
 * as this process lives.
 */
export async function connectHost(endpoint: EngineEndpoint, options: HostOptions): Promise<ContainerHost> {
  const { docker, asker, version, longMs } = await negotiate(endpoint, options)
  const api = new EngineApi({ docker, asker, longMs })
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
