import { utils } from 'ssh2'
import { expect, test } from 'vitest'
import { newSshKeyPair } from '../../core/ssh-keys.ts'

test('a key pair is one that other programs read, and the halves belong together', () => {
  for (let round = 0; round < 50; round++) {
    const { publicKey, privateKey } = newSshKeyPair()
    const parsed = utils.parseKey(privateKey.reveal())
    if (parsed instanceof Error) throw parsed
    const one = [parsed].flat()[0]
    expect(`ssh-ed25519 ${one?.getPublicSSH().toString('base64')}`).toBe(publicKey)
    const signed = one?.sign('words')
    const verifier = utils.parseKey(publicKey)
    if (verifier instanceof Error || !Buffer.isBuffer(signed)) throw new Error('no signature')
    expect([verifier].flat()[0]?.verify('words', signed)).toBe(true)
  }
})

test('no two are alike, and the private half prints as nothing', () => {
  const one = newSshKeyPair()
  expect(newSshKeyPair().publicKey).not.toBe(one.publicKey)
  expect(`${one.privateKey} ${JSON.stringify(one)}`).not.toContain('PRIVATE KEY')
})
