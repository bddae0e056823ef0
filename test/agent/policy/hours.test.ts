import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseHours, withinHours } from '../../../agent/policy/hours.ts'

/** Local time on a day of a week without a change of clocks: 1 is Monday, 5 January 2026. */
function at(day: number, hour: number, minute = 0): number {
  return new Date(2026, 0, 4 + day, hour, minute).getTime()
}

function within(texts: string[], ms: number) {
  return withinHours(texts.map(parseHours), ms)
}

/** Half past two may come twice or not at all on such a day, and clocks on the wall do not say which. */
function isNearChangeOfClocks(at: Date): boolean {
  const offset = (days: number) => new Date(at.getTime() + days * 86_400_000).getTimezoneOffset()
  return offset(-2) !== offset(2)
}

test('no hours mean always', () => {
  expect(within([], at(3, 12))).toEqual({ within: true, changesAtMs: undefined })
})

describe('a night of the working week', () => {
  const nights = ['Mon-Fri 18:00-08:00']

  test('begins and ends on time', () => {
    expect(within(nights, at(1, 17, 59))).toEqual({ within: false, changesAtMs: at(1, 18) })
    expect(within(nights, at(1, 18))).toEqual({ within: true, changesAtMs: at(2, 8) })
    expect(within(nights, at(2, 7, 59))).toEqual({ within: true, changesAtMs: at(2, 8) })
    expect(within(nights, at(2, 8))).toEqual({ within: false, changesAtMs: at(2, 18) })
  })

  test('of Friday lasts into Saturday, and there is none from Sunday to Monday', () => {
    expect(within(nights, at(6, 3)).within).toBe(true)
    expect(within(nights, at(6, 19))).toEqual({ within: false, changesAtMs: at(8, 18) })
    expect(within(nights, at(8, 3)).within).toBe(false)
  })
})

test('hours that follow each other without a gap are one', () => {
  expect(within(['Mon 08:00-12:00', 'Mon 12:00-18:00'], at(1, 9))).toEqual({
    within: true,
    changesAtMs: at(1, 18),
  })
})

test('the whole day on every day never ends', () => {
  expect(within(['00:00-24:00'], at(2, 5))).toEqual({ within: true, changesAtMs: undefined })
  expect(within(['09:00-09:00'], at(2, 5))).toEqual({ within: true, changesAtMs: undefined })
})

test('days may run over the end of the week, and need no capitals', () => {
  expect(parseHours('sat-MON 10:00-12:00').days).toEqual([6, 0, 1])
})

test.each([
  'Mon-Fry 10:00-12:00',
  'Xyz 10:00-12:00',
  '25:00-08:00',
  '10:60-12:00',
  '24:00-08:00',
  'nights',
  '10:00-24:01',
])('%s is refused with an example of how to write it', (text) => {
  expect(() => parseHours(text)).toThrow(
    expect.objectContaining({
      code: 'config',
      message: expect.stringContaining(text),
      hint: expect.stringContaining('Mon-Fri'),
    }),
  )
})

test('for any hours and any minute of a year, the answer is what a clock on the wall says', () => {
  const minute = fc.integer({ min: 0, max: 1439 })
  const text = (n: number) =>
    `${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}`
  fc.assert(
    fc.property(minute, minute, fc.integer({ min: 0, max: 365 * 1440 }), (from, to, offset) => {
      const now = new Date(2026, 0, 1, 0, offset)
      fc.pre(!isNearChangeOfClocks(now))
      const onTheWall = now.getHours() * 60 + now.getMinutes()
      const expected = from < to ? from <= onTheWall && onTheWall < to : onTheWall >= from || onTheWall < to
      expect(within([`${text(from)}-${text(to)}`], now.getTime()).within).toBe(expected)
    }),
  )
})

test('a promised change really is one', () => {
  const day = fc.constantFrom('Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat')
  const hour = fc.integer({ min: 0, max: 23 }).map((n) => `${String(n).padStart(2, '0')}:00`)
  const hours = fc.array(
    fc.tuple(day, day, hour, hour).map(([a, b, c, d]) => `${a}-${b} ${c}-${d}`),
    { minLength: 1, maxLength: 4 },
  )
  fc.assert(
    fc.property(hours, fc.integer({ min: 0, max: 365 * 24 }), (texts, hoursOn) => {
      const now = new Date(2026, 0, 1, hoursOn).getTime()
      const { within: before, changesAtMs } = within(texts, now)
      if (changesAtMs === undefined) return
      expect(changesAtMs).toBeGreaterThan(now)
      expect(within(texts, changesAtMs - 1).within).toBe(before)
      expect(within(texts, changesAtMs).within).toBe(!before)
    }),
  )
})
