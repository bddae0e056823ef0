import { expect, test } from 'vitest'
import { greet } from '../../../agent/daemon/greet.ts'
import { RemoteError } from '../../../core/errors.ts'
import { createLog } from '../../../core/log.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeJenkins } from '../../support/fake-jenkins.ts'

function bench() {
  const jenkins = new FakeJenkins()
  const clock = new FakeClock()
  const said: string[] = []
  const person = new AbortController()
  const log = createLog({ sink: { write: (line) => said.push(line.trimEnd()) } })
  const options = { jenkins, log, clock, signal: person.signal }
  return { jenkins, clock, said, person, greet: () => greet(options) }
}

test('a controller that answers is told of, with its version and who we are to it', async () => {
  const { said, greet } = bench()
  expect(await greet()).toMatchObject({ version: '2.498' })
  expect(said).toEqual(['Jenkins 2.498 at http://jenkins.test/, as ann'])
})

test('one that is away, and one that boots meanwhile, are waited for; each trouble is told once', async () => {
  const { jenkins, clock, said, greet } = bench()
  jenkins.goAway()
  const greeting = greet().finally(() => clock.expectSleepers(false))
  await clock.advance(10 * 60_000)
  jenkins.heal()
  jenkins.fail('whoAmI', new RemoteError('booting', 'Jenkins is starting'), { times: 2 })
  await clock.advance(10 * 60_000)
  await greeting
  expect(said.filter((line) => line.includes('trying again'))).toEqual([
    expect.stringContaining('ECONNREFUSED'),
    expect.stringContaining('Jenkins is starting'),
  ])
})

test.each([
  new RemoteError('unauthenticated', 'no such token'),
  new RemoteError('forbidden', 'Overall/Read is missing'),
  new RemoteError('rejected', 'this is not the root URL'),
])('a refusal is believed at once: %s', async (error) => {
  const { jenkins, greet } = bench()
  jenkins.fail('root', error)
  await expect(greet()).rejects.toBe(error)
})

test('somebody who is nobody to the controller is told which settings to check', async () => {
  const { jenkins, greet } = bench()
  jenkins.identity = { name: 'anonymous', anonymous: true, authorities: [] }
  await expect(greet()).rejects.toMatchObject({
    failure: 'unauthenticated',
    hint: 'check controller.user and controller.token',
  })
})

test('a person who stops waiting is obeyed', async () => {
  const { jenkins, clock, person, greet } = bench()
  jenkins.goAway()
  const greeting = greet()
  await clock.asleep()
  person.abort(new Error('interrupted'))
  await expect(greeting).rejects.toThrow('interrupted')
})
