import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { User } from '../../../jenkins/practice/auth.ts'
import { agentSecret } from '../../../jenkins/practice/computers.ts'
import {
  type PracticeController,
  type PracticeOptions,
  startPracticeController,
} from '../../../jenkins/practice/controller.ts'
import { exchangesOf, type RecordedExchange } from '../../support/recordings.ts'
import { type Answered, asRecorded, asSeen, differences, type Place } from './comparable.ts'

/** A practice controller to which recorded requests are sent, and what was learnt on the way. */
export interface Replay {
  controller: PracticeController
  /** Sends one recorded request, with live values in place of the redacted ones. */
  send(exchange: RecordedExchange): Promise<Answered>
  /** Plays a scenario and tells where the answers differ from the recorded ones. Empty when nowhere. */
  play(scenario: string, plan?: Plan): Promise<Record<string, string[]>>
}

export interface Plan {
  /** Which exchanges, first and past the last; default all. */
  part?: [number, number]
  /** What happens before the exchange of that number. */
  before?: Record<number, () => unknown>
  /**
   * Exchanges whose answer is known to differ, and why. One that does not differ is told as well, so that
   * this table cannot outlive its reasons.
   */
  differs?: Record<number, string>
  /** Exchanges that are not sent, and why. */
  unsent?: Record<number, string>
}

/** The users of the recordings; `TOKEN` and `PASSWORD` are what their secrets were redacted to. */
export const admin: User = { name: 'admin', token: 'TOKEN', password: 'PASSWORD' }

export async function startReplay(options: PracticeOptions = {}): Promise<Replay> {
  const controller = await startPracticeController({ users: [admin], quietPeriodMs: 5000, ...options })
  const learnt: Learnt = { cookie: '', crumb: '', lastModified: '' }
  const place = placeOf(controller)
  const send = async (exchange: RecordedExchange) => {
    const answer = await ask(controller.url, alive(exchange, learnt, place))
    learn(answer, learnt)
    return answer
  }
  const play = async (scenario: string, plan: Plan = {}) => {
    const { before = {}, differs = {}, unsent = {}, part = [0, Number.POSITIVE_INFINITY] } = plan
    const found: Record<string, string[]> = {}
    for (const [number, exchange] of [...exchangesOf(scenario).entries()].slice(...part)) {
      await before[number]?.()
      if (number in unsent) continue
      const seen = asSeen(await send(exchange), place)
      const recorded = asRecorded(exchange)
      const differing = differences(seen, recorded)
      const title = `${number}: ${exchange.request.method} ${exchange.request.path} ${exchange.note ?? ''}`
      if (differing.length > 0 && !(number in differs)) found[title] = differing
      if (differing.length === 0 && number in differs) found[title] = ['no longer differs']
    }
    return found
  }
  return { controller, send, play }
}

export function placeOf(controller: PracticeController): Place {
  return {
    url: controller.url,
    agentPort: controller.agentPort,
    secretOf: (name) => agentSecret(controller.state, name),
  }
}

/** A serialised hudson.remoting.Capability, as agents send it. */
const capability = 'rO0ABXNyABpodWRzb24ucmVtb3RpbmcuQ2FwYWJpbGl0eQAAAAAAAAABAgABSgAEbWFza3hwAAAAAAAAAP4='

interface Learnt {
  cookie: string
  crumb: string
  lastModified: string
}

/** A recorded request with this controller's secrets, crumb and cookie in place of the redacted ones. */
function alive(exchange: RecordedExchange, learnt: Learnt, place: Place): RecordedExchange['request'] {
  const { request } = exchange
  const headers = { ...request.headers }
  const node = headers['Node-Name']
  if (node && /^[a-f]{64}$/.test(headers['Secret-Key'] ?? '')) headers['Secret-Key'] = place.secretOf(node)
  if (headers['Jenkins-Crumb'] === 'CRUMB') headers['Jenkins-Crumb'] = learnt.crumb
  if (headers['Sec-WebSocket-Key']) headers['Sec-WebSocket-Key'] = Buffer.alloc(16).toString('base64')
  if (headers['X-Remoting-Capability'] === 'CAPABILITY') headers['X-Remoting-Capability'] = capability
  if (headers.Cookie) headers.Cookie = learnt.cookie
  if (headers['If-Modified-Since']?.startsWith('Mon, 23 Nov 2026'))
    headers['If-Modified-Since'] = learnt.lastModified
  return { ...request, headers, body: request.body?.replace('=CRUMB', `=${learnt.crumb}`) ?? null }
}

function learn(answer: Answered, learnt: Learnt): void {
  const cookie = answer.headers['set-cookie']?.find((line) => line.startsWith('JSESSIONID.'))
  const crumb = /"crumb":"(\w+)"/.exec(answer.body.toString())?.[1]
  if (crumb) learnt.crumb = crumb
  if (crumb && cookie) learnt.cookie = cookie.split(';')[0] ?? ''
  learnt.lastModified = answer.headers['last-modified'] ?? learnt.lastModified
}

function ask(root: string, request: RecordedExchange['request']): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { method, headers } = request
    const outgoing = httpRequest(
      { host: '127.0.0.1', port: new URL(root).port, path: request.path, method, headers },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => resolve(answered(response.statusCode, response.headers, chunks)))
      },
    )
    outgoing.on('upgrade', (response, socket) => {
      socket.on('error', () => socket.destroy())
      socket.resume()
      resolve(answered(response.statusCode, response.headers, []))
    })
    outgoing.on('error', reject)
    outgoing.end(request.body ?? undefined)
  })
}

function answered(status: number | undefined, headers: IncomingHttpHeaders, chunks: Buffer[]): Answered {
  return { status: status ?? 0, headers, body: Buffer.concat(chunks) }
}
