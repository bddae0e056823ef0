import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../core/errors.ts'
import { hostKeyFingerprint, hostKeyLine, parseHostKeyPin } from '../../core/ssh-host-key.ts'

// Made by ssh-keygen -t ed25519 (and -t rsa); the fingerprints are what ssh-keygen -l printed.
const ed25519 = {
  line: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMk416BokJ4r43QIDX0JveHt/sd28L5y05T6ZNPLhwgZ',
  fingerprint: 'SHA256:W0rjuWoUWn/8QEZxJjMOWKED08R090B+xM7PCRLTYzA',
}
const rsa = {
  line: [
    'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDBYDXxwoK2I4WhaUv6djONGaAwT1scKllujUwtfF+7zBhWCYpB4J',
    'IkpyWr/mIJwUfj6wwBIe/IQgTKNQEaQ4tBKZ5Mzx0zvzy0MsICp83K8TDrNKvEAF8AWoI4V9YQDdIBDExGsVtdpZ0K',
    'P1eUyEpJ+IjsA9ij9PHWiIqovj/sxqsEUxAdT69T9BKU0NNEEIvv3dZeOJE/gMqB+PCQ+kcMqe+73fWBl58YR/ow0f',
    'lPFdbX+Acx4QeZRMF+mtHJdD8pQy9r7ZSs0QAjB9yWH7lFyEsgCpdqGEzmK0+PHhvOaYYIAH+xNUyx3HAfddY7wvRo',
    'wBCwyK/ADFHKEeOei7NH',
  ].join(''),
  fingerprint: 'SHA256:A4OU4cdvV9eRgHMpGPX02XqHecRvP8thFKVaU/p7Fz4',
}

describe('parseHostKeyPin', () => {
  it('accepts the key of the line, and no other', () => {
    const pin = parseHostKeyPin(`${ed25519.line} root@somewhere`)
    expect(pin.accepts(bytesOf(ed25519.line))).toBe(true)
    expect(pin.accepts(bytesOf(rsa.line))).toBe(false)
    expect(pin.accepts(Buffer.alloc(0))).toBe(false)
  })

  it('accepts the key of the fingerprint, padded or not', () => {
    for (const text of [ed25519.fingerprint, `${ed25519.fingerprint}=`, `  ${ed25519.fingerprint}\n`]) {
      expect(parseHostKeyPin(text).accepts(bytesOf(ed25519.line))).toBe(true)
      expect(parseHostKeyPin(text).accepts(bytesOf(rsa.line))).toBe(false)
    }
  })

  it('has the host asked for the kind of key that is pinned', () => {
    expect(parseHostKeyPin(ed25519.line).algorithms).toEqual(['ssh-ed25519'])
    // Not ssh-rsa itself, which signs with SHA-1.
    expect(parseHostKeyPin(rsa.line).algorithms).toEqual(['rsa-sha2-512', 'rsa-sha2-256'])
    expect(parseHostKeyPin(rsa.fingerprint).algorithms).toBeUndefined()
  })

  it.each([
    '',
    'ssh-ed25519',
    'ssh-ed25519 AAAA',
    ed25519.line.replace('ssh-ed25519', 'ssh-rsa'),
    'SHA256:short',
    'MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48',
    '*',
  ])('refuses %j', (text) => {
    expect(() => parseHostKeyPin(text)).toThrow(ConfigError)
  })
})

describe('a host key', () => {
  it('is printed as OpenSSH prints it', () => {
    for (const key of [ed25519, rsa]) {
      expect(hostKeyFingerprint(bytesOf(key.line))).toBe(key.fingerprint)
      expect(hostKeyLine(bytesOf(key.line))).toBe(key.line)
    }
  })
})

function bytesOf(line: string): Buffer {
  return Buffer.from(line.split(' ')[1] ?? '', 'base64')
}
