import { expect, it } from 'vitest'
import { isMissed } from './bench.ts'
import { reportJson, reportText } from './report.ts'
import { median } from './sampling.ts'

const figures = [
  { what: 'too slow', value: 25.04, unit: 'ms', target: { atMost: 20 } },
  { what: 'quick enough', value: 1234.5, unit: 'x/s', target: { atLeast: 1000 } },
  { what: 'compared', value: 3, unit: 's', baseline: { what: 'by hand', value: 2 } },
]

it('tells a missed target from one that is met, and a figure from the same by other means', () => {
  expect(figures.map(isMissed)).toEqual([true, false, false])
  expect(reportText([{ bench: 'some', figures }]).split('\n')).toEqual([
    'BENCHMARK  FIGURE        VALUE  UNIT  TARGET    RESULT  COMPARED WITH',
    'some       too slow      25     ms    <= 20     MISSED',
    'some       quick enough  1,235  x/s   >= 1,000  ok',
    'some       compared      3      s                       1.5 x by hand (2)',
    '',
  ])
})

it('says what was not measured, and what went wrong', () => {
  const measured = [
    { bench: 'one', figures: [], leftOut: 'no container engine answers' },
    { bench: 'two', figures: [], failure: 'the build failed' },
  ]
  expect(reportText(measured)).toContain(
    'one: not measured, no container engine answers\ntwo: FAILED, the build failed\n',
  )
  expect(JSON.parse(reportJson(measured))).toMatchObject({
    leftOut: [{ bench: 'one' }],
    failed: [{ bench: 'two', because: 'the build failed' }],
  })
})

it('takes the value in the middle', () => {
  expect(median([5, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBeNaN()
})
