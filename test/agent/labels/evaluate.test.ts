import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atoms, evaluates } from '../../../agent/labels/evaluate.ts'
import type { LabelExpression } from '../../../agent/labels/expression.ts'
import { parseLabelExpression } from '../../../agent/labels/parse.ts'
import { arbitraryExpression } from './arbitrary-expression.ts'

describe('evaluation', () => {
  it('agrees with a truth table that was computed bit by bit', () => {
    const names = ['a', 'b', 'c', 'd']
    fc.assert(
      fc.property(arbitraryExpression(fc.constantFrom(...names)), (expression) => {
        const column = truthColumn(expression, names)
        for (let row = 0; row < 2 ** names.length; row++) {
          const labels = new Set(names.filter((_, bit) => row & (1 << bit)))
          expect(evaluates(expression, labels)).toBe((column & (1 << row)) !== 0)
        }
      }),
    )
  })

  it('sees labels as text: case counts, and a larger size does not stand for a smaller one', () => {
    const has = (text: string) => evaluates(parseLabelExpression(text), new Set(['8CPU16G', 'Linux']))
    expect(has('4CPU8G')).toBe(false)
    expect(has('linux')).toBe(false)
    expect(has('8CPU16G && Linux')).toBe(true)
  })

  it('lists every label once, as they come', () => {
    expect(atoms(parseLabelExpression('b && !(a || b) -> "c d" <-> a'))).toEqual(['b', 'a', 'c d'])
  })
})

/** Bit r of the answer is the value in row r of the truth table, where bit b of r is the value of names[b]. */
function truthColumn(expression: LabelExpression, names: string[]): number {
  const rows = 2 ** names.length
  const all = 2 ** rows - 1
  const column = (inner: LabelExpression): number => {
    switch (inner.kind) {
      case 'atom': {
        let bits = 0
        for (let row = 0; row < rows; row++) bits |= ((row >> names.indexOf(inner.name)) & 1) << row
        return bits
      }
      case 'group':
        return column(inner.operand)
      case 'not':
        return all & ~column(inner.operand)
      case 'and':
        return column(inner.left) & column(inner.right)
      case 'or':
        return column(inner.left) | column(inner.right)
      case 'implies':
        return (all & ~column(inner.left)) | column(inner.right)
      case 'iff':
        return all & ~(column(inner.left) ^ column(inner.right))
    }
  }
  return column(expression)
}
