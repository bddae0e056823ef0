import { readFileSync } from 'node:fs'

/** One request and its answer as a real Jenkins 2.498 gave it; see test/fixtures/jenkins-2.498/RECORDINGS.md. */
export interface RecordedExchange {
  note?: string
  request: { method: string; path: string; headers: Record<string, string>; body: string | null }
  response: { status: number | null; headers: Record<string, string | string[]>; body: RecordedBody }
}

/** JSON is kept as data, a page as its title and the start of its text, everything else as text. */
export type RecordedBody = string | RecordedPage | Record<string, unknown>

interface RecordedPage {
  html: true
  title: string
  text: string
}

const folder = new URL('../fixtures/jenkins-2.498/', import.meta.url)
const loaded = new Map<string, RecordedExchange[]>()

/** One exchange of a scenario, by its place in the file. */
export function recorded(scenario: string, at: number): RecordedExchange {
  const exchange = exchangesOf(scenario)[at]
  if (!exchange) throw new Error(`${scenario}.json has no exchange ${at}`)
  return exchange
}

export function exchangesOf(scenario: string): RecordedExchange[] {
  const known = loaded.get(scenario)
  if (known) return known
  const { exchanges } = JSON.parse(readFileSync(new URL(`${scenario}.json`, folder), 'utf8'))
  loaded.set(scenario, exchanges)
  return exchanges
}

/** The bytes that went over the wire, as far as the recording kept them. */
export function bodyOf(body: RecordedBody): Buffer {
  if (typeof body === 'string') {
    const length = /^<(\d+) bytes>$/.exec(body)?.[1]
    return length === undefined ? Buffer.from(body) : binary(Number(length))
  }
  if (isPage(body)) {
    const page = `<!DOCTYPE html><html><head><title>${escaped(body.title)}</title></head><body>${escaped(body.text)}</body></html>`
    return Buffer.from(page)
  }
  return Buffer.from(JSON.stringify(body))
}

function isPage(body: RecordedPage | Record<string, unknown>): body is RecordedPage {
  return body.html === true
}

/** Stands for a jar: zeros with the mark of a zip file at the start. */
function binary(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  bytes.write('PK\x03\x04')
  return bytes
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
