import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

export interface LoadReport {
  sent: number
  /** One line for each request that was not answered whole, with 200 and by a backend. */
  failures: string[]
  /** Requests on a kept connection that the server closed in the same moment, and that were repeated on a fresh one. */
  repeated: number
  /** The longest time in which no answer came, in ms. */
  slowestGapMs: number
  /** How long the front was not to be relied on: the tenths of a second in which a request was due that failed, in ms. */
  unavailableMs: number
  /** From the moment when the request was due, not when it got its turn, in ms. */
  slowestMs: number
  /** Which backends answered, in the order in which each was first seen. */
  backends: string[]
}

export interface Load {
  /** Sends no more, and waits for what is on its way. */
  stop(): Promise<LoadReport>
  sent(): number
  failures(): readonly string[]
}

interface Kind {
  name: string
  agent: Agent | false
  path: string
  expected: string
  /** Pieces of the body, 100 ms apart. */
  body?: readonly string[]
}

const limitMs = 15_000

/**
 * Requests at a constant rate, whether or not the earlier ones were answered: a front that stalls is not spared. On kept
 * and on fresh connections, with POST, with bodies that come slowly and answers that go slowly. What a server closes in
 * the moment in which a client uses it again is repeated as browsers and curl do it (RFC 9112, 9.3.1), and only where it is
 * safe: a GET without any answer yet. That is counted.
 */
export function startLoad(url: string, perSecond: number): Load {
  const kept = new Agent({ keepAlive: true })
  const big = 'x'.repeat(40_000)
  const kinds: readonly Kind[] = [
    { name: 'kept', agent: kept, path: '', expected: '0\n' },
    { name: 'fresh', agent: false, path: '', expected: '0\n' },
    { name: 'kept', agent: kept, path: '', expected: '0\n' },
    { name: 'post', agent: false, path: '', expected: `${big.length}\n`, body: [big] },
    { name: 'fresh', agent: false, path: '', expected: '0\n' },
    { name: 'slow post', agent: false, path: '', expected: '8000\n', body: Array(8).fill('y'.repeat(1000)) },
    { name: 'kept', agent: kept, path: '', expected: '0\n' },
    { name: 'slow answer', agent: false, path: 'slow', expected: 'piece\n'.repeat(10) },
  ]
  const report: LoadReport = {
    sent: 0,
    failures: [],
    repeated: 0,
    slowestGapMs: 0,
    unavailableMs: 0,
    slowestMs: 0,
    backends: [],
  }
  const open = new Set<Promise<void>>()
  const failedTenths = new Set<number>()
  const startedAt = performance.now()
  let answeredAt = startedAt

  const one = async (kind: Kind, dueAt: number, isSecond = false): Promise<void> => {
    try {
      const backend = await ask(url, kind)
      if (!report.backends.includes(backend)) report.backends.push(backend)
      const now = performance.now()
      report.slowestGapMs = Math.max(report.slowestGapMs, now - answeredAt)
      answeredAt = now
      // Slow ones take their time by intention.
      if (!kind.name.startsWith('slow')) report.slowestMs = Math.max(report.slowestMs, now - dueAt)
    } catch (error) {
      if (error instanceof Unanswered && error.wasReused && !kind.body && !isSecond) {
        report.repeated++
        return one({ ...kind, agent: false }, dueAt, true)
      }
      failedTenths.add(Math.floor((dueAt - startedAt) / 100))
      report.failures.push(`${kind.name} after ${Math.round(dueAt - startedAt)} ms: ${String(error)}`)
    }
  }

  const timer = setInterval(() => {
    while (performance.now() - startedAt >= (report.sent * 1000) / perSecond) {
      const kind = kinds[report.sent % kinds.length]
      if (!kind) return
      const request = one(kind, startedAt + (report.sent * 1000) / perSecond)
      report.sent++
      open.add(request)
      void request.finally(() => open.delete(request))
    }
  }, 5)
  return {
    sent: () => report.sent,
    failures: () => report.failures,
    async stop() {
      clearInterval(timer)
      await Promise.race([Promise.all(open), delay(limitMs + 1000, undefined, { ref: false })])
      kept.destroy()
      return { ...report, unavailableMs: failedTenths.size * 100 }
    },
  }
}

class Unanswered extends Error {
  readonly wasReused: boolean
  constructor(message: string, wasReused: boolean) {
    super(message)
    this.wasReused = wasReused
  }
}

/** Asks once; returns the name of the backend. Throws unless the whole answer is what it should be. */
async function ask(url: string, { agent, path, body, expected }: Kind): Promise<string> {
  const sent = request(`${url}${path}`, { agent, method: body ? 'POST' : 'GET' })
  const answer = await answerTo(sent, body ?? [])
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`)
  if (text !== expected) throw new Error(`${text.length} bytes instead of ${expected.length}`)
  return String(answer.headers['x-backend'])
}

function answerTo(sent: ClientRequest, body: readonly string[]): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.setTimeout(limitMs, () => sent.destroy(new Error('timed out')))
    sent.once('response', resolve)
    sent.once('error', (error) => reject(new Unanswered(error.message, sent.reusedSocket)))
    void write(sent, body)
  })
}

async function write(sent: ClientRequest, body: readonly string[]): Promise<void> {
  for (const [index, piece] of body.entries()) {
    if (index > 0) await delay(100)
    sent.write(piece)
  }
  sent.end()
}
