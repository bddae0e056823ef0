import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { LabelExpression } from '../../../agent/labels/expression.ts'
import { parseLabelLeniently } from '../../../agent/labels/lenient.ts'
import { parseLabelExpression } from '../../../agent/labels/parse.ts'
import { formatLabelExpression, nameOfLabel } from '../../../agent/labels/print.ts'

const recordings = new URL('../../fixtures/jenkins-2.498/', import.meta.url)

describe('the name of a label', () => {
  it.each([
    ['linux && 4CPU8G || ( x && !y )', 'linux&&4CPU8G||(x&&!y)'],
    ['a -> b <-> c', 'a->b<->c'],
    ['"no such"', 'no such'],
    ['a && "no such"', 'a&&"no such"'],
    ['("no such")', '("no such")'],
    ['a || "x:y"', 'a||x:y'],
  ])('%s reads %s', (text, name) => {
    expect(nameOfLabel(parseLabelExpression(text))).toBe(name)
  })

  it('is the one that a real Jenkins showed in its queue', () => {
    const seen = recordedNames()
    expect(seen.map(({ typed }) => typed)).toEqual(
      expect.arrayContaining(['a&&b', 'linux && 4CPU8G || ( x && !y )', '"no such"', '"linux docker"']),
    )
    for (const { typed, shown } of seen) expect(nameOfLabel(parseLabelLeniently(typed))).toBe(shown)
  })
})

describe('a formatted label expression', () => {
  const a: LabelExpression = { kind: 'atom', name: 'a' }
  const b: LabelExpression = { kind: 'atom', name: 'b' }
  const implies: LabelExpression = { kind: 'implies', left: a, right: b }

  it('quotes what Jenkins would not read bare', () => {
    for (const name of ['x y', 'a&&b', "it's", 'a"b', 'a->b', '', 'a\nb']) {
      expect(parseLabelExpression(formatLabelExpression({ kind: 'atom', name }))).toEqual({
        kind: 'atom',
        name,
      })
    }
    expect(formatLabelExpression({ kind: 'atom', name: 'gpu-1.5/x:y' })).toBe('gpu-1.5/x:y')
  })

  it('adds only the parentheses that are needed', () => {
    expect(formatLabelExpression({ kind: 'not', operand: { kind: 'not', operand: a } })).toBe('!(!a)')
    expect(formatLabelExpression({ kind: 'implies', left: implies, right: b })).toBe('(a->b)->b')
    expect(formatLabelExpression({ kind: 'iff', left: { kind: 'iff', left: a, right: b }, right: a })).toBe(
      'a<->b<->a',
    )
    expect(formatLabelExpression({ kind: 'and', left: a, right: { kind: 'and', left: b, right: a } })).toBe(
      'a&&(b&&a)',
    )
  })
})

/** Pairs of a label as a job holds it and as the queue names it, where one recorded item has both. */
function recordedNames(): { typed: string; shown: string }[] {
  return readdirSync(recordings)
    .filter((file) => file.startsWith('queue-'))
    .flatMap((file) => {
      const text = readFileSync(new URL(file, recordings), 'utf8')
      const pairs: { typed: string; shown: string }[] = []
      JSON.parse(text, (_, value) => {
        const typed = value?.task?.labelExpression
        const shown = /^There are no nodes with the label ‘(.*)’$/.exec(value?.why)?.[1]
        if (typeof typed === 'string' && shown !== undefined) pairs.push({ typed, shown })
        return value
      })
      return pairs
    })
}
