import { expect, it } from 'vitest'
import type { HealthProbe, Sight } from '../../../jenkins/health/health.ts'
import { waitUntilUp } from '../../../jenkins/up/wait.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const up: Sight = {
  state: 'up',
  version: '2.498',
  session: 'a',
  quietingDown: false,
  plugins: undefined,
  jobs: undefined,
  onlineNodes: undefined,
}

function wait(sights: Sight[]) {
  const clock = new FakeClock()
  const seen: string[] = []
  const rest = [...sights]
  const probe: HealthProbe = { look: async () => rest.shift() ?? sights.at(-1) ?? up }
  const result = waitUntilUp(probe, {
    deadlineMs: 60_000,
    intervalMs: 5_000,
    clock,
    onChange: ({ state }) => seen.push(state),
    signal: new AbortController().signal,
  })
  result.catch(() => undefined).finally(() => clock.expectSleepers(false))
  return { result, clock, seen }
}

it('goes through the states of a boot, and tells each once', async () => {
  const { result, clock, seen } = wait([
    { state: 'silent', reason: 'nobody listens' },
    { state: 'loading' },
    { state: 'loading' },
    up,
  ])
  await clock.advance(15_000)
  expect(await result).toEqual(up)
  expect(seen).toEqual(['silent', 'loading', 'up'])
})

it.each<Sight>([{ state: 'wizard' }, { state: 'closed', version: '2.498', session: 'a', reason: 'no' }])(
  'is content with $state',
  async (sight) => {
    expect(await wait([sight]).result).toEqual(sight)
  },
)

it.each<Sight>([
  { state: 'broken', reason: 'a stack trace' },
  { state: 'dead', reason: 'a stack trace' },
])('does not wait for one that is $state', async (sight) => {
  await expect(wait([sight]).result).rejects.toThrow('Jenkins does not start: a stack trace')
})

it('gives up after the deadline', async () => {
  const { result, clock } = wait([{ state: 'loading' }])
  const caught = expect(result).rejects.toMatchObject({ failure: 'timeout' })
  await clock.advance(60_000)
  await caught
})
