import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sshdConfig } from '../../../../agent/transports/ssh/sshd-config.ts'

const listen = { address: '0.0.0.0', port: 2222 }

test('one user is let in by key, and nobody gets through to anywhere else', () => {
  const lines = sshdConfig({ user: 'jenkins', listen, env: {} }).split('\n')
  for (const line of [
    'Port 2222',
    'ListenAddress 0.0.0.0',
    'AllowUsers jenkins',
    'AuthenticationMethods publickey',
    'PasswordAuthentication no',
    'DisableForwarding yes',
    'PermitUserEnvironment no',
    'UsePAM no',
  ]) {
    expect(lines).toContain(line)
  }
  expect(lines.filter((line) => line.startsWith('SetEnv'))).toEqual([])
})

test('variables pass on one line, whatever they hold, and never begin another', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/)
  const value = fc.string().filter((text) => !/[\r\n\0]/.test(text))
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1, noNullPrototype: true }), (env) => {
      const lines = sshdConfig({ user: 'jenkins', listen, env }).split('\n')
      const [line = '', ...others] = lines.filter((one) => one.startsWith('SetEnv'))
      expect(others).toEqual([])
      const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) =>
        word?.replace(/\\(.)/g, '$1'),
      )
      expect(words).toEqual(Object.entries(env).map(([key, text]) => `${key}=${text}`))
    }),
  )
})

test('a line break in a variable is refused with the cure', () => {
  expect(() => sshdConfig({ user: 'jenkins', listen, env: { A: 'x\nPermitRootLogin yes' } })).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('variable A'),
      hint: expect.stringContaining('templates[].env'),
    }),
  )
})
