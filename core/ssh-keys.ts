import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { RemoteError } from './errors.ts'
import { Secret } from './secret.ts'

/** A key pair for SSH, as files of ssh-keygen would hold it. */
export interface SshKeyPair {
  /** One line: `ssh-ed25519 AAAA…`. */
  publicKey: string
  /** `-----BEGIN OPENSSH PRIVATE KEY-----` and so on, without a passphrase. */
  privateKey: Secret
}

/** Where key pairs come from; tests give known ones. */
export type KeySource = () => SshKeyPair

const type = 'ssh-ed25519'

/**
 * A fresh Ed25519 key pair, in memory only. The private half is in OpenSSH's own format (openssh-portable PROTOCOL.key), which sshd,
 * ssh2 and the SSH client of Jenkins all read; Node.js itself knows only PKCS#8.
 */
export const newSshKeyPair: KeySource = () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { seed, point } = halves(privateKey)
  const publicBlob = Buffer.concat([text(type), text(point)])
  const check = randomBytes(4)
  const secret = Buffer.concat([
    check,
    check,
    publicBlob,
    text(Buffer.concat([seed, point])),
    text('footman'),
  ])
  const content = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    number(1),
    text(publicBlob),
    text(padded(secret)),
  ])
  const lines = content.toString('base64').match(/.{1,70}/g) ?? []
  const name = 'OPENSSH PRIVATE KEY'
  return {
    publicKey: `${type} ${publicBlob.toString('base64')}`,
    privateKey: new Secret(`-----BEGIN ${name}-----\n${lines.join('\n')}\n-----END ${name}-----\n`),
  }
}

/** RFC 8032: the seed, and the public point that follows from it. */
function halves(key: KeyObject): { seed: Buffer; point: Buffer } {
  const { d, x } = key.export({ format: 'jwk' })
  if (d === undefined || x === undefined) {
    throw new RemoteError('broken', 'this Node.js makes Ed25519 keys that hold no key', {
      hint: 'use a Node.js from nodejs.org or of your distribution',
    })
  }
  return { seed: Buffer.from(d, 'base64url'), point: Buffer.from(x, 'base64url') }
}

/** RFC 4251: a string is its length, then its bytes. */
function text(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([number(bytes.length), bytes])
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** To whole blocks of 8 bytes, with 1, 2, 3, … */
function padded(bytes: Buffer): Buffer {
  const missing = (8 - (bytes.length % 8)) % 8
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))])
}
