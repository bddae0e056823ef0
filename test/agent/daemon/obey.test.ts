import { expect, test } from 'vitest'
import { createObedience } from '../../../agent/daemon/obey.ts'
import type { Wish } from '../../../agent/daemon/wish.ts'
import { agentStatus } from '../../support/agent-status.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** A daemon that notes what it is asked; `heed` resolves when the test says so. */
function bench(heed: () => Promise<void> = async () => {}) {
  const clock = new FakeClock(1_000)
  const wishes: Wish[] = []
  const left: number[] = []
  let heeded = 0
  const handle = createObedience({
    daemon: {
      heed: async () => {
        heeded++
        await heed()
      },
      leave: (withinMs) => void left.push(withinMs),
    },
    wishes: { change: async (wish) => void wishes.push(wish) },
    finishWithinMs: 1_800_000,
    status: async () => agentStatus(),
    clock,
  })
  return { clock, wishes, left, heeded: () => heeded, handle }
}

test('each wish is kept, then heeded, then answered', async () => {
  const { wishes, heeded, handle } = bench()
  await handle({ request: 'pause', forMs: 60_000 })
  await handle({ request: 'pause' })
  await handle({ request: 'drain' })
  expect(await handle({ request: 'resume' })).toEqual(agentStatus())
  expect(wishes).toEqual([
    { mode: 'paused', sinceMs: 1_000, untilMs: 61_000 },
    { mode: 'paused', sinceMs: 1_000 },
    { mode: 'draining', sinceMs: 1_000 },
    { mode: 'run' },
  ])
  expect(heeded()).toBe(4)
})

test('who only asks disturbs nobody', async () => {
  const { wishes, left, heeded, handle } = bench()
  await handle({ request: 'status' })
  expect([wishes, left, heeded()]).toEqual([[], [], 0])
})

test('a stop is no wish for next time, and lets builds end unless it is urgent', async () => {
  const { wishes, left, handle } = bench()
  await handle({ request: 'stop' })
  await handle({ request: 'stop', now: true })
  expect([left, wishes]).toEqual([[1_800_000, 0], []])
})

test('nobody waits longer than three seconds for an effect', async () => {
  const { clock, handle } = bench(() => new Promise(() => {}))
  const answer = handle({ request: 'pause' })
  await clock.asleep()
  clock.expectSleepers(false)
  await clock.advance(3_000)
  expect(await answer).toEqual(agentStatus())
})
