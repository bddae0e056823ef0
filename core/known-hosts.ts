import { createHmac, timingSafeEqual } from 'node:crypto'

export interface KnownKeys {
  /** Keys that the host may show: `ssh-ed25519 AAAA…`. */
  keys: string[]
  /** Where they stand, for messages: `line 3`. */
  lines: number[]
}

/**
 * The keys of a host in the text of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): names, `[name]:port`, patterns, exceptions
 * and hashed names. Keys of authorities are left out, revoked ones too, wherever they stand.
 */
export function knownHostKeys(text: string, host: string, port: number): KnownKeys {
  const name = port === 22 ? host : `[${host}]:${port}`
  const entries = text.split(/\r?\n/).map((line, index) => ({ ...parseEntry(line), line: index + 1 }))
  const own = entries.filter(({ names }) => names !== undefined && matches(names, name.toLowerCase()))
  const revoked = new Set(own.filter(({ marker }) => marker === '@revoked').map(({ key }) => key))
  const good = own.filter(({ marker, key }) => marker === undefined && !revoked.has(key))
  return { keys: good.flatMap(({ key }) => key ?? []), lines: good.map(({ line }) => line) }
}

interface Entry {
  marker?: string
  names?: string
  key?: string
}

function parseEntry(line: string): Entry {
  const words = line.trim().split(/\s+/)
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined
  const [names, type, blob] = words
  if (!names || names.startsWith('#') || !type || !blob) return {}
  return { ...(marker !== undefined && { marker }), names, key: `${type} ${blob}` }
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|1|')) return isHashOf(names, name)
  const patterns = names.split(',')
  const fits = (pattern: string) => toRegExp(pattern).test(name)
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))) return false
  return patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern))
}

/** `|1|salt|hash`: HMAC-SHA1 of the name under the salt, both in base64. */
function isHashOf(hashed: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hashed.split('|')
  const wanted = Buffer.from(hash, 'base64')
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return wanted.length === found.length && timingSafeEqual(wanted, found)
}

function toRegExp(pattern: string): RegExp {
  const shape = pattern.toLowerCase().replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${shape.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}
