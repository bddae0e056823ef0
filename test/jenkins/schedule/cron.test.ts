import { describe, expect, it } from 'vitest'
import { cronProblems, nextRuns } from '../../../jenkins/schedule/cron.ts'

describe('a cron expression', () => {
  it.each(['30 3 * * *', '*/5 0-6 1,15 * mon-fri', '0 30 3 * * 6', '@daily', '0 4 L * *'])(
    '%s is fine',
    (text) => {
      expect(cronProblems(text)).toEqual([])
    },
  )

  it.each([
    ['61 3 * * *', 'minute', '61 is nothing that the field minute can be'],
    ['0 25 * * *', 'hour', '25 is nothing that the field hour can be'],
    ['0 3 * foo *', 'month', 'foo is nothing that the field month can be'],
    ['0 3 * * funday', 'day of week', 'funday is nothing that the field day of week can be'],
    ['0 3 31 2 *', 'day of month', '31 is nothing that the field day of month can be'],
    ['3 * *', undefined, 'expected 5 or 6 fields but got 3 in "3 * *"'],
  ])('%s is refused by the name of the field', (text, field, message) => {
    expect(cronProblems(text)).toEqual([{ field, message }])
  })

  it('names every field that is wrong', () => {
    expect(cronProblems('61 25 * * *').map(({ field }) => field)).toEqual(['minute', 'hour'])
  })
})

it('comes true by the clock on the wall of its time zone', () => {
  const [first = 0, second = 0] = nextRuns('30 3 * * *', 2, 'Asia/Tokyo')
  expect(new Date(first).toISOString()).toMatch(/T18:30:00/)
  expect(second - first).toBe(86_400_000)
  expect(first).toBeGreaterThan(Date.now())
})
