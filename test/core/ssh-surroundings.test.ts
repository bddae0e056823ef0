import { describe, expect, test } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { sshLogin } from '../../core/ssh-surroundings.ts'

const place = { host: 'build', port: 22, user: 'ann' }
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB'

function machine(files: Record<string, string>, env: NodeJS.ProcessEnv = {}) {
  return {
    env,
    home: '/home/ann',
    exists: (path: string) => path in files,
    readText: (path: string) => files[path] ?? '',
  }
}

const known = { '/home/ann/.ssh/known_hosts': `build ${key}\n` }

describe('a login without a configuration of its own', () => {
  test('asks the ssh-agent where there is one', () => {
    const { identity, hostKey } = sshLogin(
      place,
      machine({ ...known, '/home/ann/.ssh/id_rsa': 'RSA' }, { SSH_AUTH_SOCK: '/agent' }),
    )
    expect(identity).toEqual({ agentSocket: '/agent' })
    expect(hostKey).toEqual([key])
  })

  test('takes the best of the usual keys otherwise', () => {
    const files = {
      ...known,
      '/home/ann/.ssh/id_rsa': 'RSA PRIVATE',
      '/home/ann/.ssh/id_ed25519': 'ED PRIVATE',
    }
    const { identity } = sshLogin(place, machine(files))
    expect('privateKey' in identity && identity.privateKey.reveal()).toBe('ED PRIVATE')
  })

  test('prefers what it is told', () => {
    const told = { key: new Secret('told you so'), hostKey: 'SHA256:told' }
    const login = sshLogin(place, { ...machine({}, { SSH_AUTH_SOCK: '/agent' }), ...told })
    expect(login).toMatchObject({ identity: { privateKey: told.key }, hostKey: told.hostKey })
  })

  test('believes the keys of the whole machine too, and none that it cannot check', () => {
    const files = {
      '/home/ann/.ssh/known_hosts': `build sk-ssh-ed25519@openssh.com AAAA\n`,
      '/etc/ssh/ssh_known_hosts': `build ${key}\n`,
    }
    expect(sshLogin(place, machine(files, { SSH_AUTH_SOCK: '/agent' })).hostKey).toEqual([key])
  })

  test('is refused without any key, and to a host that nobody knows', () => {
    expect(() => sshLogin(place, machine(known))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('ssh-add') }),
    )
    expect(() => sshLogin({ ...place, port: 2222 }, machine(known, { SSH_AUTH_SOCK: '/agent' }))).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('known_hosts'),
        hint: expect.stringContaining('ssh -p 2222 build'),
      }),
    )
  })
})
