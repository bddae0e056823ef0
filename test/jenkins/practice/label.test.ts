import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluates } from '../../../agent/labels/evaluate.ts'
import type { LabelExpression } from '../../../agent/labels/expression.ts'
import { joinNodeLabels } from '../../../agent/labels/node-labels.ts'
import { parseLabelExpression } from '../../../agent/labels/parse.ts'
import { nameOfLabel } from '../../../agent/labels/print.ts'
import {
  labelClass,
  labelName,
  matches,
  parseLabel,
  readLabel,
  splitNodeLabels,
  typedLabel,
} from '../../../jenkins/practice/label.ts'

/** Texts that are often nearly an expression. */
const pieces = [
  'a',
  'b',
  '4CPU8G',
  '&&',
  '||',
  '!',
  '->',
  '<->',
  '(',
  ')',
  ' ',
  '"',
  '\\',
  "'",
  '-',
  '.',
  '\n',
  '&',
]
const almostExpression = fc
  .array(fc.constantFrom(...pieces), { maxLength: 12 })
  .map((parts) => parts.join(''))
const expression = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('a', 'b', 'linux', '"two words"'),
    tie('any').map((inner) => `(${inner})`),
    tie('any').map((inner) => `!(${inner})`),
    fc
      .tuple(tie('any'), fc.constantFrom('&&', ' || ', '->', ' <-> '), tie('any'))
      .map(([left, operator, right]) => `(${left})${operator}(${right})`),
  ),
})).any

describe('labels, as the practice controller and as the agent read them', () => {
  test('both take the same texts for expressions, and give them the same name', () => {
    fc.assert(
      fc.property(fc.oneof(almostExpression, expression.map(String)), (text) => {
        const [ours, theirs] = [parseLabel(text), readByAgent(text)]
        expect(ours && labelName(ours)).toEqual(theirs && nameOfLabel(theirs))
      }),
      { numRuns: 2000 },
    )
  })

  test('both give every expression the same value on every node', () => {
    const labels = fc.subarray(['a', 'b', 'linux', 'two words', '4CPU8G'])
    fc.assert(
      fc.property(expression.map(String), labels, (text, present) => {
        const [ours, theirs] = [parseLabel(text), readByAgent(text)]
        if (!ours || !theirs) throw new Error(`${text} is an expression`)
        const node = new Set(present)
        expect(matches(ours, node)).toBe(evaluates(theirs, node))
      }),
      { numRuns: 500 },
    )
  })

  test('a node has exactly the labels that the agent wrote into its label field', () => {
    const label = fc.string({
      minLength: 1,
      maxLength: 6,
      unit: fc.constantFrom('a', 'B', ' ', '"', "'", '4', '-'),
    })
    fc.assert(
      fc.property(fc.uniqueArray(label), (labels) => {
        expect(splitNodeLabels(joinNodeLabels(labels))).toEqual(labels)
      }),
    )
  })

  test('a text that is no expression is one atom, and is shown in quotes', () => {
    expect(readLabel('linux docker')).toEqual({ kind: 'atom', name: 'linux docker' })
    expect(typedLabel('linux docker')).toBe('"linux docker"')
    expect(typedLabel('linux && docker')).toBe('linux && docker')
    expect(readLabel('  ')).toBeUndefined()
  })

  test('the classes are those of the remote API', () => {
    const classOf = (text: string) => {
      const label = readLabel(text)
      return label && labelClass(label)
    }
    expect(classOf('a')).toBe('hudson.model.labels.LabelAtom')
    expect(classOf('a&&b')).toBe('hudson.model.labels.LabelExpression$And')
    expect(classOf('(a)')).toBe('hudson.model.labels.LabelExpression$Paren')
  })
})

function readByAgent(text: string): LabelExpression | undefined {
  try {
    return parseLabelExpression(text)
  } catch {
    return undefined
  }
}
