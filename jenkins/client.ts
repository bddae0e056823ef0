import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { createRequire } from 'node:module'
import { rootCertificates } from 'node:tls'
import type { AxiosResponse, AxiosStatic } from 'axios'
import { type Clock, systemClock } from '../core/clock.ts'
import { FootmanError, messageOf } from '../core/errors.ts'
import { leaveOut } from '../core/leave-out.ts'
import { type Log, silentLog } from '../core/log.ts'
import { connectionFailure, deadlineFailure, type Way } from './connection-failures.ts'
import type { Answer, Ask } from './exchange.ts'
import { proxyFor } from './proxy.ts'

export interface ClientOptions {
  /** Root URL with its context path and a trailing slash. */
  root: string
  /** PEM text of an authority to trust beside the well-known ones, and the file it came from. */
  authority?: { pem: string; file: string } | undefined
  /** Makes the connections in place of the network, past all proxies: tunnel.ts. */
  agent?: HttpAgent | undefined
  /** Deadline of one request, from the first look-up to the last byte. */
  timeoutMs: number
  /** Where the proxy variables are read. */
  env?: NodeJS.ProcessEnv | undefined
  log?: Log | undefined
  clock?: Clock | undefined
}

// By `require` it comes as one file instead of eighty modules: 7 MB less in an idle daemon, and a quicker start. It sends no
// uploads here, and the package for them would be 2 MB more.
leaveOut([{ module: 'form-data', by: ['axios'] }])
const axios: AxiosStatic = createRequire(import.meta.url)('axios')

/** Sends a request with these headers beside its own. */
export type Send = (ask: Ask, headers: Record<string, string>) => Promise<Answer>

const defaultMaxBytes = 16 * 2 ** 20

/**
 * The one place that makes HTTP requests to a controller. Any answer is given back, whatever its status; no redirect is followed.
 * Throws RemoteError when none came, and the signal's reason when the caller gave up. Connections are kept for
 * the next request; a GET whose kept connection had died meanwhile is sent again.
 */
export function createClient(options: ClientOptions): Send {
  const { root, authority, timeoutMs, env = process.env, clock = systemClock, log = silentLog } = options
  // Idle connections are given up before a controller or a firewall forgets them.
  const pool = { keepAlive: true, maxFreeSockets: 4, timeout: 25_000 }
  const trust = authority && { ca: [...rootCertificates, authority.pem] }
  const agents = {
    httpAgent: options.agent ?? new HttpAgent(pool),
    httpsAgent: new HttpsAgent({ ...pool, ...trust }),
  }

  return async function send(ask, headers) {
    const url = new URL(root + ask.path)
    for (const [name, value] of Object.entries(ask.query ?? {})) url.searchParams.set(name, value)
    const proxy = options.agent ? undefined : proxyFor(url, env)
    const way: Way = { url, proxy, caFile: authority?.file, timeoutMs }
    const line = `${ask.method ?? 'GET'} ${url.pathname}`
    const startedAt = clock.now()
    try {
      const response = await withDeadline(ask, timeoutMs, (signal) =>
        axios.request<Buffer>({
          ...agents,
          method: ask.method ?? 'GET',
          url: url.href,
          data: bodyOf(ask),
          headers: { ...headersOf(ask), ...headers },
          proxy: way.proxy ?? false,
          responseType: 'arraybuffer',
          maxRedirects: 0,
          maxContentLength: ask.maxBytes ?? defaultMaxBytes,
          validateStatus: () => true,
          signal,
        }),
      )
      log.debug(`${line}: ${response.status}`, { ms: clock.now() - startedAt })
      return toAnswer(response)
    } catch (error) {
      ask.signal?.throwIfAborted()
      log.debug(`${line}: ${messageOf(error)}`, { ms: clock.now() - startedAt })
      if (axios.isCancel(error)) throw deadlineFailure(ask, way)
      if (isStaleConnection(ask, error)) return await send(ask, headers)
      throw ownError(error) ?? connectionFailure(ask, error, way)
    }
  }
}

/** Runs with a signal that aborts after `timeoutMs` or with the caller's; leaves nothing behind on the caller's, which may live for weeks. */
async function withDeadline<T>(
  ask: Ask,
  timeoutMs: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  ask.signal?.throwIfAborted()
  const abort = new AbortController()
  const onAbort = () => abort.abort()
  const timer = setTimeout(onAbort, timeoutMs)
  ask.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await run(abort.signal)
  } finally {
    clearTimeout(timer)
    ask.signal?.removeEventListener('abort', onAbort)
  }
}

function headersOf(ask: Ask): Record<string, string> {
  return {
    // The texts that we read come in the language of the request.
    'Accept-Language': 'en',
    'User-Agent': 'footman',
    ...(ask.form && { 'Content-Type': 'application/x-www-form-urlencoded' }),
    ...(ask.xml !== undefined && { 'Content-Type': 'application/xml' }),
    ...(ask.json !== undefined && { 'Content-Type': 'application/json' }),
    ...ask.headers,
  }
}

function bodyOf(ask: Ask): string | undefined {
  return ask.form ? new URLSearchParams(ask.form).toString() : (ask.xml ?? ask.json)
}

/** What a tunnel's engine said, which needs no further explanation. */
function ownError(error: unknown): FootmanError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof FootmanError) return at
  return undefined
}

/** The far side closed a kept connection just as we used it again. Reading twice does no harm; writing twice may. */
function isStaleConnection(ask: Ask, error: unknown): boolean {
  if (ask.method === 'POST' || !axios.isAxiosError(error)) return false
  return error.code === 'ECONNRESET' && error.request?.reusedSocket === true
}

function toAnswer(response: AxiosResponse<Buffer>): Answer {
  const headers: Record<string, string> = {}
  let cookies: string[] = []
  for (const [name, value] of Object.entries(response.headers)) {
    const values = [value].flat().map(String)
    headers[name.toLowerCase()] = values.join(', ')
    if (name.toLowerCase() === 'set-cookie') cookies = values.map((cookie) => cookie.split(';')[0] ?? '')
  }
  return { status: response.status, headers, cookies, body: Buffer.from(response.data) }
}
