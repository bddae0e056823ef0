import type { IncomingHttpHeaders } from 'node:http'
import type { RecordedExchange } from '../../support/recordings.ts'

/**
 * What of an answer is compared: the status, the headers that the recordings kept, JSON as data, pages by their title, other text as it is.
 * Hosts, ports, times, durations, sessions, secrets and cookies are replaced on both sides. Beyond that:
 * labels of a node and nodes of a label are sets; of a build's or item's actions only its cause is compared, as the others belong to
 * plugins; monitorData is compared by its keys, as the practice controller measures nothing.
 */
export interface Comparable {
  status: number | null
  headers: Record<string, string>
  body: unknown
}

export interface Answered {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** Where the practice controller is. */
export interface Place {
  url: string
  agentPort: number
  secretOf(node: string): string
}

export function asSeen(answer: Answered, place: Place): Comparable {
  const { status, headers } = answer
  const type = headers['content-type'] ?? ''
  const text = answer.body.toString()
  const host = (value: string) =>
    value
      .replaceAll(place.url, 'http://jenkins.example:8080/')
      .replace(/(-JNLP-Port: |slaveAgentPort(?:":|>))(\d+)/g, (_, name, port) =>
        Number(port) === place.agentPort ? `${name}15000` : `${name}${port}`,
      )
  if ((status === 200 || status === 206) && text !== '') {
    if (type.startsWith('application/json'))
      return { status, headers: headersOf(headers, host), body: data(JSON.parse(host(text))) }
    if (!type.startsWith('text/html')) {
      const binary = /octet-stream|java-archive/.test(type)
      const body = binary ? bytes(answer.body.length) : plain(host(text))
      return { status, headers: headersOf(headers, host), body }
    }
  }
  const title = /<title>(.*?)<\/title>/.exec(text)?.[1]?.replaceAll('&apos;', "'")
  return { status, headers: headersOf(headers, host), body: page(title ?? '') }
}

/** Where two answers differ, as `path: seen | recorded`. */
export function differences(seen: unknown, recorded: unknown, path = ''): string[] {
  const [left, right] = [fieldsOf(seen), fieldsOf(recorded)]
  if (!left || !right) {
    const [a, b] = [JSON.stringify(seen), JSON.stringify(recorded)]
    return a === b ? [] : [`${path}: ${a} | ${b}`]
  }
  const keys = [...new Set([...left.keys(), ...right.keys()])]
  return keys.flatMap((key) => differences(left.get(key), right.get(key), `${path}/${key}`))
}

function fieldsOf(value: unknown): Map<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined
}

export function asRecorded({ response }: RecordedExchange): Comparable {
  const { status, body } = response
  const headers = headersOf(lowerCase(response.headers), (value) => value)
  if (typeof body !== 'string') {
    if ('html' in body) return { status, headers, body: page(String(body.title)) }
    return { status, headers, body: data(body) }
  }
  const size = /^<(\d+) bytes>$/.exec(body)?.[1]
  if (size !== undefined) return { status, headers, body: bytes(Number(size)) }
  return { status, headers, body: status === 200 ? plain(body) : page('') }
}

const compared = [
  'content-type',
  'location',
  'x-error',
  'x-jenkins',
  'x-jenkins-session',
  'x-hudson',
  'x-hudson-theme',
  'x-instance-identity',
  'x-required-permission',
  'x-permission-implied-by',
  'x-you-are-authenticated-as',
  'x-you-are-in-group-disabled',
  'x-remoting-capability',
  'x-remoting-minimum-version',
  'x-jenkins-jnlp-port',
  'x-hudson-jnlp-port',
  'x-jenkins-agent-protocols',
  'connection-cookie',
  'www-authenticate',
  'allow',
  'set-cookie',
  'content-disposition',
  'last-modified',
  'x-more-data',
  'x-text-size',
]

function headersOf(headers: IncomingHttpHeaders, host: (value: string) => string): Record<string, string> {
  return Object.fromEntries(
    compared.flatMap((name) => {
      const value = headers[name]
      return value === undefined ? [] : [[name, neutral(name, String(value), host)]]
    }),
  )
}

function neutral(name: string, value: string, host: (value: string) => string): string {
  if (name === 'x-jenkins-session') return /^[0-9a-f]{8}$/.test(value) ? 'SESSION' : value
  if (name === 'set-cookie') return value.replace(/[.=].*/s, '')
  if (name === 'connection-cookie' || name === 'last-modified') return name.toUpperCase()
  if (name.endsWith('-jnlp-port')) return host(`-JNLP-Port: ${value}`).slice('-JNLP-Port: '.length)
  return host(value.replaceAll(',', ', ').replace(/ +/g, ' ').trim())
}

function lowerCase(headers: Record<string, string | string[]>): IncomingHttpHeaders {
  const pairs = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])
  return Object.fromEntries(pairs)
}

function page(title: string): unknown {
  return { page: title }
}

function bytes(count: number): unknown {
  return count === 0 ? { page: '' } : { bytes: count < 100 ? count : 'many' }
}

/** Text with its times and secrets replaced. */
function plain(text: string): unknown {
  if (text === '') return { page: '' }
  return text
    .replace(/\b[a-f0-9]{64}\b/g, 'SECRET')
    .replace(/\b1[67]\d{11}\b/g, 'TIME')
    .replace(/^#\w{3} \w{3} \d\d [\d:]{8} UTC \d{4}$/m, '#TIME')
    .replace(/localhost\/127\.0\.0\.1:\w+/g, 'localhost/127.0.0.1')
    .replace('Jenkins-Crumb:CRUMB', 'Jenkins-Crumb:SECRET')
    .replace('<crumb>CRUMB<', '<crumb>SECRET<')
}

/** JSON with its keys in order and its times replaced. */
function data(value: unknown, key = ''): unknown {
  if (typeof value === 'number' && /duration/i.test(key)) return value < 0 ? value : 'SOME TIME'
  if (typeof value === 'number') return value > 1.6e12 ? 'TIME' : value
  if (key === 'crumb') return 'CRUMB'
  if (Array.isArray(value)) {
    const items = value.map((item) => data(item))
    if (key === 'actions') return items.filter((item) => JSON.stringify(item).includes('CauseAction'))
    if (key !== 'assignedLabels' && key !== 'nodes') return items
    return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  if (typeof value !== 'object' || value === null) return value
  const keys = Object.keys(value).sort()
  if (key === 'monitorData') return keys
  const fields = new Map<string, unknown>(Object.entries(value))
  return Object.fromEntries(keys.map((name) => [name, data(fields.get(name), name)]))
}
