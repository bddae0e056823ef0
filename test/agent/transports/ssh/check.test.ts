import { describe, expect, test } from 'vitest'
import { checkSshSlot } from '../../../../agent/transports/ssh/check.ts'
import type { CommandResult } from '../../../../core/command-result.ts'
import { RemoteError } from '../../../../core/errors.ts'
import { Secret } from '../../../../core/secret.ts'
import type { SshConnection } from '../../../../core/ssh.ts'

const login = {
  host: '10.0.0.7',
  port: 2201,
  user: 'jenkins',
  identity: { privateKey: new Secret('a key') },
  hostKey: 'k',
}
const df = (freeKib: number) => `overlay 100 50 ${freeKib} 50% /\n`

/** Logs in after some refusals; the script then ends like this. */
function check(result: Partial<CommandResult>, refusals: RemoteError[] = []) {
  let closed = 0
  let attempts = 0
  const connection = {
    run: async () => ({ exitCode: 0, stdout: '', stderr: '', timedOut: false, ...result }) as CommandResult,
    close: async () => {
      closed++
    },
  } as unknown as SshConnection
  let nowMs = 0
  const done = checkSshSlot({
    login,
    java: 'java',
    workDir: '/home/jenkins/agent',
    clock: {
      now: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms
      },
    },
    connect: async () => {
      attempts++
      const refusal = refusals.shift()
      if (refusal) throw refusal
      return connection
    },
  })
  return { done, closed: () => closed, attempts: () => attempts }
}

test('a slot with Java and disk is good, and the connection is closed', async () => {
  const { done, closed } = check({ stdout: df(5 * 2 ** 20) })
  await done
  expect(closed()).toBe(1)
})

test('sshd may take a moment to start', async () => {
  const refused = () => new RemoteError('unreachable', 'refused')
  const { done, attempts } = check({ stdout: df(5 * 2 ** 20) }, [refused(), refused()])
  await done
  expect(attempts()).toBe(3)
})

describe('a slot is refused with the cure', () => {
  test.each<[string, Partial<CommandResult>, RegExp, string]>([
    ['without Java', { exitCode: 91 }, /no Java/, 'templates[].java'],
    ['with a Java that hangs', { exitCode: null, timedOut: true }, /no Java/, 'templates[].java'],
    ['without a folder', { exitCode: 92 }, /cannot write to/, 'templates[].workDir'],
    [
      'with little disk',
      { stdout: df(100_000) },
      /Jenkins takes nodes with less than 1 GiB offline/,
      'docker system prune',
    ],
  ])('%s', async (_name, result, message, hint) => {
    const { done, closed } = check(result)
    await expect(done).rejects.toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringContaining(hint),
    })
    expect(closed()).toBe(1)
  })

  test.each<[RemoteError['failure'], string]>([
    ['timeout', 'firewall'],
    ['forbidden', 'something else answers there'],
    ['unauthenticated', 'ssh.user'],
  ])('when the login fails: %s', async (failure, hint) => {
    const { done } = check({}, [new RemoteError(failure, 'no')])
    await expect(done).rejects.toMatchObject({ failure, hint: expect.stringContaining(hint) })
  })

  test('when nobody ever answers, after a while', async () => {
    const refusals = Array.from({ length: 500 }, () => new RemoteError('unreachable', 'refused'))
    const { done, attempts } = check({}, refusals)
    await expect(done).rejects.toMatchObject({
      failure: 'unreachable',
      hint: expect.stringContaining('ssh.host'),
    })
    expect(attempts()).toBeGreaterThan(5)
  })
})
