import { messageOf, RemoteError } from '../core/errors.ts'
import type { Ask } from './exchange.ts'
import type { WebProxy } from './proxy.ts'

/** How a request was on its way when it failed. */
export interface Way {
  url: URL
  proxy: WebProxy | undefined
  /** Of the configuration, when set. */
  caFile: string | undefined
  timeoutMs: number
}

const unknownIssuer = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
])
const noRoute = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL'])
const notTls = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'])

/** What went wrong when no answer came, as an error with the cure. Never carries the request: its headers hold the token. */
export function connectionFailure(ask: Ask, error: unknown, way: Way): RemoteError {
  const code = codeOf(error)
  const { failure, reason, hint } = explain(code, error, way)
  const cause =
    error instanceof Error && error.cause instanceof Error ? error.cause : new Error(messageOf(error))
  return new RemoteError(failure, `Cannot ${ask.doing}: ${reason}`, { hint, cause })
}

/** The deadline passed. */
export function deadlineFailure(ask: Ask, way: Way): RemoteError {
  const seconds = way.timeoutMs / 1000
  return new RemoteError(
    'timeout',
    `Cannot ${ask.doing}: no answer from ${placeOf(way)} within ${seconds} s`,
    {
      hint: 'is the network or the VPN up? A slow Jenkins needs a longer controller.timeout',
    },
  )
}

type Explanation = { failure: RemoteError['failure']; reason: string; hint: string }

function explain(code: string, error: unknown, way: Way): Explanation {
  const place = placeOf(way)
  const unreachable = (reason: string, hint: string): Explanation => ({
    failure: 'unreachable',
    reason,
    hint,
  })
  if (code === 'ECONNREFUSED') {
    return unreachable(
      `nothing listens at ${place}`,
      'is Jenkins running, and is the port in controller.url right?',
    )
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return unreachable(
      `the name ${placeName(way)} is unknown`,
      'check controller.url, the network and the VPN',
    )
  }
  if (code === 'ETIMEDOUT') {
    return { failure: 'timeout', reason: `${place} does not answer`, hint: 'is the network or the VPN up?' }
  }
  if (noRoute.has(code)) return unreachable(`no way leads to ${place}`, 'is the network or the VPN up?')
  if (unknownIssuer.has(code)) {
    const reason = `the certificate of ${way.url.host} is signed by nobody we know`
    const hint = way.caFile
      ? `controller.caFile (${way.caFile}) does not hold the authority that signed it`
      : 'set controller.caFile to a PEM file with the certificate of the authority that signed it'
    return unreachable(reason, hint)
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const reason = `the certificate of ${way.url.host} ${code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'}`
    return unreachable(reason, "it must be renewed, or this machine's clock is wrong")
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const reason = `the certificate of ${way.url.host} is made out to another name`
    return unreachable(reason, 'use the name in the certificate in controller.url')
  }
  if (notTls.has(code)) {
    const reason = `${place} does not speak TLS`
    return unreachable(reason, `try http:// instead of https:// in controller.url`)
  }
  if (code.startsWith('HPE_')) {
    const reason = `what answers at ${place} does not speak HTTP`
    return { failure: 'broken', reason, hint: 'check the port; a TLS port needs https:// in controller.url' }
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED') {
    return unreachable(
      `${place} hung up`,
      'Jenkins may be going down; a TLS port needs https:// in controller.url',
    )
  }
  if (/maxContentLength/.test(messageOf(error))) {
    return { failure: 'broken', reason: `the answer of ${place} is too long`, hint: 'check controller.url' }
  }
  return unreachable(`${place}: ${messageOf(error)}`, 'check controller.url and the network')
}

function placeOf({ url, proxy }: Way): string {
  return proxy ? `${url.host} through the proxy ${proxy.host}:${proxy.port}` : url.host
}

/** Behind a proxy it is the proxy's name that we look up. */
function placeName({ url, proxy }: Way): string {
  return proxy ? `${proxy.host} (the proxy)` : url.hostname
}

/** The system's own code, which axios sometimes hides one level down. */
function codeOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = (at as NodeJS.ErrnoException).code
    if (code !== undefined && !/^ERR_(NETWORK|BAD_REQUEST|BAD_RESPONSE)$/.test(code)) return code
  }
  return ''
}
