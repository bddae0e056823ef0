import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Agent } from 'node:http'
import { type Clock, systemClock } from '../core/clock.ts'
import { ConfigError, messageOf } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Secret } from '../core/secret.ts'
import { credentialCalls } from './credentials.ts'
import { JenkinsHttp, type Seen } from './http.ts'
import { inboundCalls } from './inbound.ts'
import type { Jenkins } from './jenkins.ts'
import { jobCalls } from './jobs.ts'
import { lifeCycleCalls } from './life-cycle.ts'
import { nodeCalls } from './nodes.ts'
import { queueCalls } from './queue.ts'
import { rootCalls } from './root.ts'
import { swarmCalls } from './swarm.ts'
import { vitalCalls } from './vitals.ts'

export interface ConnectOptions {
  /** Root URL of the controller with its context path, with or without slash at the end. */
  url: string
  user: string
  /** API token, or password. */
  token: Secret
  /** PEM file with the authority of a self-signed controller; trusted beside the well-known ones. */
  caFile?: string | undefined
  /** Makes the connections in place of the network, past all proxies; see tunnel.ts. */
  agent?: Agent
  /** Deadline of one request. Default 20,000. */
  timeoutMs?: number
  /** Where HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read. */
  env?: NodeJS.ProcessEnv
  log?: Log
  clock?: Clock
  /** Told when the controller has restarted since its previous answer. */
  onRestart?: (seen: Seen, previous: Seen) => void
}

/**
 * A controller over HTTP. Makes no request yet. Throws ConfigError when the URL or the CA file cannot serve.
 */
export function connectJenkins(options: ConnectOptions): Jenkins {
  const { url, caFile, timeoutMs = 20_000, clock = systemClock, ...rest } = options
  const authority = caFile === undefined ? undefined : { pem: readAuthority(caFile), file: caFile }
  const http = new JenkinsHttp({ ...rest, root: rootOf(url), authority, timeoutMs, clock })
  return {
    url: http.root,
    get seen() {
      return http.seen
    },
    ...rootCalls(http, clock.now),
    ...queueCalls(http),
    ...nodeCalls(http),
    ...credentialCalls(http),
    ...inboundCalls(http),
    ...swarmCalls(http),
    ...jobCalls(http),
    ...lifeCycleCalls(http),
    ...vitalCalls(http),
  }
}

function rootOf(text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw new ConfigError('controller.url is no URL', { hint: exampleUrl, cause })
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ConfigError(`controller.url starts with ${url.protocol}//`, { hint: exampleUrl })
  }
  // Error messages name the URL, so it must not hold a secret.
  if (url.username || url.password) {
    throw new ConfigError('controller.url holds a user or a password', {
      hint: 'move them to controller.user and controller.token',
    })
  }
  return `${url.origin}${url.pathname.replace(/\/*$/, '/')}`
}

const exampleUrl = 'give the root URL of the controller, e.g. https://jenkins.example.com/'

function readAuthority(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8')
    const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
    if (!certificates) throw new Error('it holds no certificate in PEM form')
    for (const certificate of certificates) new X509Certificate(certificate)
    return pem
  } catch (cause) {
    throw new ConfigError(`controller.caFile ${file} cannot be used: ${messageOf(cause)}`, {
      hint: 'it has to be a PEM file: -----BEGIN CERTIFICATE----- and so on',
      cause,
    })
  }
}
