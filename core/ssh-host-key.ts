import { createHash } from 'node:crypto'
import { ConfigError } from './errors.ts'

/** The key that a host must show. */
export interface HostKeyPin {
  /** Signature algorithms to ask the host for, so that of its several keys it shows the pinned one; undefined when any may be it. */
  algorithms: string[] | undefined
  /** Whether this is the key, in the form in which SSH carries it. */
  accepts(key: Buffer): boolean
}

/**
 * Reads a pinned host key: `ssh-ed25519 AAAA…` as in a .pub file or behind the name in known_hosts, or `SHA256:…` as
 * ssh-keygen -l prints it. Throws ConfigError on anything else.
 */
export function parseHostKeyPin(text: string): HostKeyPin {
  const words = text.trim().split(/\s+/)
  const [first = '', second = ''] = words
  if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(first) && words.length === 1) {
    const fingerprint = first.replace(/=$/, '')
    return { algorithms: undefined, accepts: (key) => hostKeyFingerprint(key) === fingerprint }
  }
  const pinned = Buffer.from(second, 'base64')
  const algorithms = signatureAlgorithms[first]
  if (!algorithms || keyType(pinned) !== first) {
    throw new ConfigError(`not a host key: ${JSON.stringify(text.slice(0, 80))}`, {
      hint: 'give a line such as "ssh-ed25519 AAAA…" from ssh-keyscan HOST, or a fingerprint such as "SHA256:…" from ssh-keygen -l',
    })
  }
  return { algorithms, accepts: (key) => key.equals(pinned) }
}

/** Several pins as one that accepts what any of them does. Throws ConfigError as `parseHostKeyPin` does. */
export function parseHostKeyPins(texts: readonly string[]): HostKeyPin {
  const pins = texts.map(parseHostKeyPin)
  const algorithms = pins.map((pin) => pin.algorithms)
  return {
    algorithms: algorithms.includes(undefined)
      ? undefined
      : [...new Set(algorithms.flatMap((one) => one ?? []))],
    accepts: (key) => pins.some((pin) => pin.accepts(key)),
  }
}

/** The fingerprint as OpenSSH prints it: `SHA256:` and unpadded base64. */
export function hostKeyFingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The key as one line, the way it can be pinned. */
export function hostKeyLine(key: Buffer): string {
  return `${keyType(key)} ${key.toString('base64')}`
}

/** RFC 8332: one RSA key signs by several algorithms. */
const signatureAlgorithms: Record<string, string[]> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

/** RFC 4253, section 6.6: a key begins with its type, length first. */
function keyType(key: Buffer): string {
  if (key.length < 4) return ''
  return key.toString('latin1', 4, 4 + key.readUInt32BE(0))
}
