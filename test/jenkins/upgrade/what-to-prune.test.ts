import fc from 'fast-check'
import { expect, test } from 'vitest'
import { whatToPrune } from '../../../jenkins/upgrade/what-to-prune.ts'

const nowMs = 1_000_000
const keepsakes = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1 }),
    atMs: fc.integer({ min: 0, max: nowMs }),
    isSacred: fc.boolean(),
  }),
  { selector: ({ id }) => id, maxLength: 12 },
)

test('a sacred one never goes, and what stays is neither too many nor too old', () => {
  fc.assert(
    fc.property(keepsakes, fc.nat({ max: 6 }), fc.nat({ max: nowMs }), (all, keep, keepMs) => {
      const gone = whatToPrune(all, { keep, keepMs, nowMs })
      const stay = all.filter(({ id, isSacred }) => !isSacred && !gone.includes(id))
      expect(all.filter(({ id, isSacred }) => isSacred && gone.includes(id))).toEqual([])
      expect(stay.length).toBeLessThanOrEqual(keep)
      expect(stay.filter(({ atMs }) => nowMs - atMs > keepMs)).toEqual([])
    }),
  )
})

test('the oldest goes first', () => {
  const all = [3, 1, 2].map((atMs) => ({ id: `at ${atMs}`, atMs, isSacred: false }))
  expect(whatToPrune(all, { keep: 1, keepMs: nowMs, nowMs })).toEqual(['at 1', 'at 2'])
})
