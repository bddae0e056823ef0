import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { standsBefore, turnOfRank } from '../../../agent/fleet/rank.ts'

interface Turn {
  itemId: number
  self: string
  machines: readonly string[]
}

function rankOf({ itemId, self, machines }: Turn): number {
  return machines.filter((other) => standsBefore(itemId, other, self)).length
}

function turnOf(turn: Turn): number {
  return turnOfRank(rankOf(turn))
}

describe('the order of machines for a queue item', () => {
  const machines = Array.from({ length: 1000 }, (_, index) => `machine-${index}`)

  it('gives every machine its own place, the same on all of them', () => {
    fc.assert(
      fc.property(fc.nat(), fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 12 }), (itemId, ids) => {
        const ranks = ids.map((self) => rankOf({ itemId, self, machines: ids }))
        expect([...ranks].sort((a, b) => a - b)).toEqual(ids.map((_, index) => index))
      }),
    )
  })

  it('lets exactly one machine go at once and exactly one after a turn', () => {
    const turns = machines.map((self) => turnOf({ itemId: 4711, self, machines }))
    expect(turns.filter((turn) => turn === 0)).toHaveLength(1)
    expect(turns.filter((turn) => turn === 1)).toHaveLength(1)
    expect(turns.filter((turn) => turn === 2)).toHaveLength(2)
    expect(Math.max(...turns)).toBe(10)
  })

  it('puts a machine that stays at most one place forward when another goes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.uniqueArray(fc.string(), { minLength: 2 }), (itemId, ids) => {
        const [gone = '', ...rest] = ids
        for (const self of rest) {
          const before = turnOf({ itemId, self, machines: ids })
          const after = turnOf({ itemId, self, machines: rest })
          expect([before, before - 1]).toContain(after)
          if (!standsBefore(itemId, gone, self)) expect(after).toBe(before)
        }
      }),
    )
  })

  it('is fair: over many items each of ten machines comes first about equally often', () => {
    const few = machines.slice(0, 10)
    const wins = new Map(few.map((machine) => [machine, 0]))
    for (let itemId = 1; itemId <= 5000; itemId++) {
      const first = few.find((self) => turnOf({ itemId, self, machines: few }) === 0) ?? ''
      wins.set(first, (wins.get(first) ?? 0) + 1)
    }
    expect(Math.min(...wins.values())).toBeGreaterThan(400)
    expect(Math.max(...wins.values())).toBeLessThan(600)
  })

  it('doubles the groups that go together', () => {
    expect([0, 1, 2, 3, 4, 7, 8, 511, 512].map(turnOfRank)).toEqual([0, 1, 2, 2, 3, 3, 4, 9, 10])
  })
})
