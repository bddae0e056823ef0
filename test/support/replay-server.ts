import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../core/clock.ts'
import { Secret } from '../../core/secret.ts'
import { type ConnectOptions, connectJenkins } from '../../jenkins/connect.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import { listen } from './local-server.ts'
import { bodyOf, type RecordedExchange, recorded } from './recordings.ts'

/** Scenario and place in its file; then the part in which the recorded request differs although it means the same: `body`, `query` or a header. */
export type Pick = readonly [scenario: string, at: number, except?: string]

/**
 * Starts a server that gives the recorded answers, each to the request that it was recorded for, in this order. A request that
 * differs from the next recorded one, and a recorded one that nobody sent, fail the test. What may differ: the choice
 * of fields (`tree`), and headers that the recording does not mention. Returns the root URL.
 */
export async function replay(picks: readonly Pick[], contextPath = '/'): Promise<string> {
  const waiting = picks.map(([scenario, at, except]) => ({
    name: `${scenario}[${at}]`,
    exchange: recorded(scenario, at),
    except,
  }))
  const problems: string[] = []
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    const next = waiting.shift()
    const got = `${request.method} ${request.url}`
    const difference = next
      ? differenceOf(next.exchange, { request, body, contextPath, except: next.except })
      : 'nothing more was recorded for this test'
    if (!next || difference) {
      problems.push(`${got} ${body}\n  ${next?.name ?? ''}: ${difference}`)
      response.writeHead(599).end(difference)
      return
    }
    answer(next.exchange, response)
  })
  // Registered before the server's own end, so that it runs after it, when every request has been seen.
  onTestFinished(() => {
    const unused = waiting.map(
      ({ name, exchange }) => `${name} ${exchange.request.method} ${exchange.request.path}`,
    )
    if (problems.length > 0)
      throw new Error(`unexpected requests, fix the list of recordings:\n${problems.join('\n')}`)
    if (unused.length > 0) throw new Error(`recorded requests that nobody sent:\n${unused.join('\n')}`)
  })
  return `http://127.0.0.1:${await listen(server)}${contextPath}`
}

/** The client of a replayed controller, as the recorded user (token `TOKEN`, as all recorded tokens are). */
export async function replayed(
  picks: readonly Pick[],
  options: Partial<ConnectOptions> = {},
): Promise<Jenkins> {
  return connectJenkins({
    url: await replay(picks),
    user: 'admin',
    token: new Secret('TOKEN'),
    env: {},
    clock: hurriedClock,
    ...options,
  })
}

/** Does not wait. */
export const hurriedClock: Clock = { now: systemClock.now, sleep: async () => {} }

interface Received {
  request: IncomingMessage
  body: string
  contextPath: string
  except: string | undefined
}

function differenceOf({ request: want }: RecordedExchange, got: Received): string | undefined {
  const { request, body, contextPath, except } = got
  if (request.method !== want.method) return `expected ${want.method}`
  const wantUrl = new URL(want.path, 'http://x')
  const gotUrl = new URL(request.url ?? '', 'http://x')
  const path = contextPath.slice(0, -1) + wantUrl.pathname
  if (decodeURIComponent(gotUrl.pathname) !== decodeURIComponent(path)) return `expected the path ${path}`
  if (except !== 'query' && !isDeepStrictEqual(parametersOf(gotUrl), parametersOf(wantUrl)))
    return `expected the query ${wantUrl.search}`

  const wanted = { Authorization: undefined, Cookie: undefined, ...want.headers }
  for (const [name, value] of Object.entries(wanted)) {
    const sent = request.headers[name.toLowerCase()]
    if (sent !== value && name !== except) return `expected the header ${name}: ${value}, not ${sent}`
  }
  if (
    except !== 'body' &&
    !isDeepStrictEqual(meaningOf(body, request), meaningOf(want.body ?? '', request))
  ) {
    return `expected the body ${want.body}`
  }
  return undefined
}

/** Which fields are asked for changes how much of a thing is told, not which thing. */
function parametersOf(url: URL): Record<string, string> {
  const { tree, depth, ...rest } = Object.fromEntries(url.searchParams)
  return rest
}

/** A body apart from its spelling: a form as its fields, JSON inside as data, XML without the choice of `<a/>` or `<a></a>`. */
function meaningOf(body: string, request: IncomingMessage): unknown {
  if (request.headers['content-type']?.includes('form-urlencoded')) {
    const { json, ...fields } = Object.fromEntries(new URLSearchParams(body))
    return json === undefined ? fields : { ...fields, json: JSON.parse(json) }
  }
  return body.replace(/<([\w.]+)><\/\1>/g, '<$1/>')
}

function answer({ response: recording }: RecordedExchange, response: ServerResponse): void {
  if (recording.status === null) {
    response.socket?.destroy()
    return
  }
  for (const [name, value] of Object.entries(recording.headers)) {
    response.setHeader(name, name === 'Set-Cookie' ? [value].flat().map(cookie) : value)
  }
  response.writeHead(recording.status).end(bodyOf(recording.body))
}

/** Of cookies only the name was kept. */
function cookie(name: string): string {
  return `${name}=COOKIE; Path=/; HttpOnly`
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
