import { describe, expect, it } from 'vitest'
import { isTransient } from '../../core/errors.ts'
import { connectFailure } from '../../core/ssh-failure.ts'

const to = { host: 'build.example', port: 2222, user: 'anna' }
const said = (message: string, more: object = {}) => Object.assign(new Error(message), more)

describe('connectFailure', () => {
  it.each([
    ['ECONNREFUSED', 'connection refused', 'check the port'],
    ['ENOTFOUND', 'there is no such host name', 'spelling'],
    ['EAI_AGAIN', 'cannot be looked up now', 'name server'],
    ['EHOSTUNREACH', 'no route to the host', 'check the address'],
    ['ENETUNREACH', 'the network is unreachable', 'network connection'],
    ['ECONNRESET', 'read ECONNRESET', 'ssh -p 2222 anna@build.example'],
  ])('turns %s into words and a cure', (code, reason, cure) => {
    const error = connectFailure(to, said(`read ${code}`, { code, level: 'client-socket' }))
    expect(error).toMatchObject({ failure: 'unreachable', hint: expect.stringContaining(cure) })
    expect(error.message).toContain('cannot reach build.example:2222 by SSH: ')
    expect(error.message).toContain(reason)
    expect(isTransient(error)).toBe(true)
  })

  it('tells who was not let in, also in the words of OpenSSH after too many keys', () => {
    const refusals = [
      said('All configured authentication methods failed', { level: 'client-authentication' }),
      said('Too many authentication failures', { code: 2 }),
    ]
    for (const refusal of refusals) {
      const error = connectFailure(to, refusal)
      expect(error).toMatchObject({
        failure: 'unauthenticated',
        message: 'build.example:2222 does not let anna in with this key',
      })
      expect(isTransient(error)).toBe(false)
    }
  })

  it('keeps what was said as the cause', () => {
    const cause = said('no matching key exchange algorithm', { level: 'handshake' })
    const error = connectFailure(to, cause)
    expect(error).toMatchObject({ failure: 'broken', cause })
    expect(error.message).toContain('no matching key exchange algorithm')
  })
})
