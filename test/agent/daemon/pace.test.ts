import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Liveliness, pause } from '../../../agent/daemon/pace.ts'

const poll = { idle: 10_000, busy: 1_000 }
const cold: Liveliness = {
  isHot: false,
  hasContainers: false,
  lastDemandMs: undefined,
  dueMs: undefined,
  failures: 0,
}
const nowMs = 1_000_000

function pauseOf(over: Partial<Liveliness>, polling = poll): number {
  return pause({ ...cold, ...over }, polling, nowMs)
}

test('a cold queue is asked at the idle pace', () => {
  expect(pauseOf({})).toBe(10_000)
})

test('containers, and demand of the last two minutes, are looked at within two seconds', () => {
  expect(pauseOf({ hasContainers: true })).toBeLessThan(2_000)
  expect(pauseOf({ lastDemandMs: nowMs - 119_000 })).toBeLessThan(2_000)
  expect(pauseOf({ lastDemandMs: nowMs - 120_000 })).toBe(10_000)
})

test('what changes is looked at at the busy pace', () => {
  expect(pauseOf({ isHot: true })).toBe(1_000)
})

test('what is due is looked at when it is, but never in haste', () => {
  expect(pauseOf({ dueMs: nowMs + 4_000 })).toBe(4_000)
  expect(pauseOf({ dueMs: nowMs + 10 })).toBe(1_000)
  expect(pauseOf({ dueMs: nowMs + 60_000 })).toBe(10_000)
  expect(pauseOf({ dueMs: nowMs - 1 })).toBe(10_000)
})

test('failures make the pauses longer, up to a minute, whatever else there is', () => {
  const pauses = Array.from({ length: 9 }, (_, index) => pauseOf({ isHot: true, failures: index + 1 }))
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000))
})

test('a quick pace of the owner’s is respected, and so is a slow one', () => {
  expect(pauseOf({ hasContainers: true }, { idle: 500, busy: 50 })).toBe(500)
  expect(pauseOf({ hasContainers: true }, { idle: 60_000, busy: 5_000 })).toBe(5_000)
})

test('whatever happens, the pause lies between the busy pace and a minute, or the idle pace', () => {
  const liveliness = fc.record({
    isHot: fc.boolean(),
    hasContainers: fc.boolean(),
    lastDemandMs: fc.option(fc.integer({ min: 0, max: nowMs }), { nil: undefined }),
    dueMs: fc.option(fc.integer({ min: 0, max: 2 * nowMs }), { nil: undefined }),
    failures: fc.nat(1_000),
  })
  fc.assert(
    fc.property(liveliness, (one) => {
      const pauseMs = pause(one, poll, nowMs)
      expect(pauseMs).toBeGreaterThanOrEqual(poll.busy)
      expect(pauseMs).toBeLessThanOrEqual(one.failures > 0 ? 60_000 : poll.idle)
    }),
  )
})
