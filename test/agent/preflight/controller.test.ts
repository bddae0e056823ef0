import { describe, expect, test } from 'vitest'
import { RemoteError } from '../../../core/errors.ts'
import { preflightBench } from '../../support/preflight-bench.ts'
import { waitingFor } from '../../support/waiting-for.ts'

describe('the controller', () => {
  test('behind a wrong URL fails with the words of the client, and nothing is tried on it', async () => {
    const { jenkins, run } = preflightBench()
    jenkins.goAway()
    const { passed, outcomes } = await run()
    expect(passed).toBe(false)
    expect(outcomes[0]).toEqual({
      name: 'controller',
      result: 'fail',
      isTransient: true,
      finding: 'connect ECONNREFUSED jenkins.test:80',
      cure: 'check controller.url, the network and the VPN',
    })
    expect(jenkins.calls).toEqual(['root'])
    expect(outcomes.find(({ name }) => name === 'create nodes')?.result).toBe('skipped')
    expect(outcomes.find(({ name }) => name === 'engine')?.result).toBe('ok')
  })

  test('with a wrong token is there, but does not know us', async () => {
    const { jenkins, run } = preflightBench()
    const refusal = new RemoteError('unauthenticated', 'Jenkins does not accept the token of user ann', {
      hint: 'make a new API token',
    })
    jenkins.fail('root', refusal)
    jenkins.fail('whoAmI', refusal)
    const { outcomes, passed } = await run()
    expect(passed).toBe(false)
    expect(outcomes[0]).toMatchObject({ name: 'controller', result: 'ok' })
    expect(outcomes.find(({ name }) => name === 'account')).toEqual({
      name: 'account',
      result: 'fail',
      finding: 'Jenkins does not accept the token of user ann',
      cure: 'make a new API token',
    })
  })

  test('that takes us for anybody is a wrong token too', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.identity = { name: 'anonymous', anonymous: true, authorities: ['anonymous'] }
    expect(await outcome('account')).toMatchObject({
      result: 'fail',
      cure: expect.stringContaining('API token'),
    })
    expect(jenkins.calls).not.toContain('createNode laptop-preflight')
  })

  test('that hides itself names the permission', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.fail('root', new RemoteError('forbidden', 'ann lacks the permission Overall/Read'))
    expect(await outcome('account')).toMatchObject({
      result: 'fail',
      finding: 'ann lacks the permission Overall/Read',
      cure: 'ask an administrator of Jenkins to give ann the permission Overall/Read',
    })
  })

  test.each([
    ['2.150.1', 'fail', 'Jenkins 2.150.1 is too old'],
    ['2.163', 'fail', 'Jenkins 2.163 is too old'],
    ['2.164', 'warn', 'older than 2.361'],
    ['2.361.1', 'ok', 'Jenkins 2.361.1'],
    ['3.0', 'ok', 'Jenkins 3.0'],
    ['next', 'warn', 'calls its version "next"'],
  ])('of version %s is judged: %s', async (version, result, words) => {
    const { jenkins, outcome } = preflightBench()
    jenkins.version = version
    expect(await outcome('version')).toMatchObject({ result, finding: expect.stringContaining(words) })
  })

  test('too old to serve is not touched', async () => {
    const { jenkins, run } = preflightBench()
    jenkins.version = '2.150.1'
    await run()
    expect(jenkins.calls.filter((call) => call.startsWith('createNode'))).toEqual([])
  })

  test.each([
    [59_000, 'ok', 'within 59s'],
    [-61_000, 'warn', 'this machine is 1m 1s ahead of the controller'],
    [3_600_000, 'warn', 'this machine is 1h behind the controller'],
  ])('whose clock is %d ms off is told apart', async (skewMs, result, words) => {
    const { jenkins, outcome } = preflightBench()
    jenkins.clockSkewMs = skewMs
    expect(await outcome('clock')).toMatchObject({ result, finding: expect.stringContaining(words) })
  })

  test('about to restart is a warning', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.quietingDown = true
    expect(await outcome('version')).toMatchObject({ result: 'warn' })
  })

  test('with builds in its queue shows how many wait', async () => {
    const { jenkins, outcome } = preflightBench()
    jenkins.items = [waitingFor('4CPU8G')]
    expect(await outcome('queue')).toMatchObject({ finding: 'visible, 1 build waits' })
  })
})
