import { describe, expect, test } from 'vitest'
import { isOver, lookBack } from '../../../agent/daemon/farewell.ts'
import type { Phase, Slot } from '../../../agent/slots/slots.ts'

const byMs = 1_800_000

function slots(...phases: Phase[]): Slot[] {
  return phases.map((phase) => ({ name: 'ann-1', node: undefined, container: undefined, surplus: [], phase }))
}

/** Whether it is over at a look, the one before having been so long ago. */
function over(
  remains: { containers: number | undefined; slots?: Slot[] },
  { nowMs = 60_000, emptySinceMs }: { nowMs?: number; emptySinceMs?: number } = {},
): boolean {
  const seen = { containers: remains.containers, slots: remains.slots }
  return isOver(lookBack({ byMs, emptySinceMs }, seen, nowMs), seen, nowMs)
}

describe('a farewell is over', () => {
  test('when nothing is left but what is not ours to take away', () => {
    expect(over({ containers: 0, slots: slots('absent', 'taken', 'held') })).toBe(true)
  })

  test('when the controller does not let us tidy up for 20 s', () => {
    const registered = { containers: 0, slots: slots('registered') }
    expect(over(registered, { emptySinceMs: 41_000 })).toBe(false)
    expect(over(registered, { emptySinceMs: 40_000 })).toBe(true)
  })

  test('when the controller is away for as long', () => {
    expect(over({ containers: 0 }, { emptySinceMs: 41_000 })).toBe(false)
    expect(over({ containers: 0 }, { emptySinceMs: 40_000 })).toBe(true)
  })

  test('at once when the controller is away and the time is up', () => {
    expect(over({ containers: 0 }, { nowMs: byMs })).toBe(true)
  })

  test('half a minute after its time, whatever is left', () => {
    expect(over({ containers: 2, slots: slots('busy') }, { nowMs: byMs + 29_999 })).toBe(false)
    expect(over({ containers: 2, slots: slots('busy') }, { nowMs: byMs + 30_000 })).toBe(true)
    expect(over({ containers: undefined }, { nowMs: byMs + 30_000 })).toBe(true)
  })
})

describe('a farewell is not over', () => {
  test('while a container is left, or nobody knows whether one is', () => {
    expect(over({ containers: 1, slots: slots('busy') }, { emptySinceMs: 0 })).toBe(false)
    expect(over({ containers: undefined }, { emptySinceMs: 0 })).toBe(false)
  })

  test('while a build waits for its node and may still get a container', () => {
    expect(over({ containers: 0, slots: slots('awaited') })).toBe(false)
    expect(over({ containers: 0, slots: slots('awaited') }, { nowMs: byMs })).toBe(true)
  })
})

test('the patience begins anew when a container comes back', () => {
  const remains = { containers: 1, slots: slots('starting') }
  const seen = lookBack({ byMs, emptySinceMs: 1 }, remains, 2)
  expect(seen.emptySinceMs).toBeUndefined()
  expect(lookBack(seen, { ...remains, containers: 0 }, 3).emptySinceMs).toBe(3)
})
