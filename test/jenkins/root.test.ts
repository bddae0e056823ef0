import { expect, test } from 'vitest'
import { Secret } from '../../core/secret.ts'
import { replayed } from '../support/replay-server.ts'

test('whoAmI names the user and its groups', async () => {
  const jenkins = await replayed([['auth', 5]])
  expect(await jenkins.whoAmI()).toEqual({
    name: 'admin',
    anonymous: false,
    authorities: ['authenticated'],
  })
})

test('the state of the controller comes with its version and the id of its boot', async () => {
  const jenkins = await replayed([['auth', 17]])
  expect(jenkins.seen).toBeUndefined()
  const state = await jenkins.root()
  expect(state).toEqual({
    version: '2.498',
    session: '40a25691',
    quietingDown: false,
    agentPort: 15_000,
    usesCrumbs: true,
    rootUrl: 'http://jenkins.example:8080/',
    builtInExecutors: 0,
    clockSkewMs: expect.any(Number),
  })
  expect(jenkins.seen).toEqual({ version: '2.498', session: '40a25691' })
})

test('the clocks of two programs on one machine differ by no more than the second that the Date header hides', async () => {
  const jenkins = await replayed([['auth', 17]])
  const { clockSkewMs = Number.NaN } = await jenkins.root()
  expect(Math.abs(clockSkewMs)).toBeLessThan(1500)
})

test('a clock that goes wrong on our side shows as skew', async () => {
  const hourSlow = { now: () => Date.now() - 3_600_000, sleep: async () => {} }
  const jenkins = await replayed([['auth', 17]], { clock: hourSlow })
  const { clockSkewMs = Number.NaN } = await jenkins.root()
  expect(Math.abs(clockSkewMs - 3_600_000)).toBeLessThan(1500)
})

test('a controller that quiets down and has no agent port says so', async () => {
  const quiet = await replayed([['boot-restart', 8]])
  expect(await quiet.root()).toMatchObject({ quietingDown: true })
  const portless = await replayed([['agent-endpoints', 23]])
  expect(await portless.root()).toMatchObject({ agentPort: -1 })
})

test('a wrong token is told from a missing permission', async () => {
  const wrong = await replayed(
    [
      ['auth', 3],
      ['auth', 9],
    ],
    { token: new Secret('wrong') },
  )
  await expect(wrong.root()).rejects.toMatchObject({
    failure: 'unauthenticated',
    status: 401,
    message: 'Cannot read the state of Jenkins: Jenkins does not accept the token of user admin',
    hint: expect.stringContaining('API token'),
  })
  const powerless = await replayed([['permissions', 61]], { user: 'nothing' })
  await expect(powerless.root()).rejects.toMatchObject({
    failure: 'forbidden',
    permission: 'hudson.model.Hudson.Read',
    message: 'Cannot read the state of Jenkins: user nothing lacks the permission Overall/Read',
    hint: 'ask an administrator of Jenkins to give nothing the permission Overall/Read',
  })
})
