import fc from 'fast-check'
import type { LabelExpression } from '../../../agent/labels/expression.ts'

/** Any tree over the given labels, those included that no parser would build without parentheses. */
export function arbitraryExpression(label: fc.Arbitrary<string>): fc.Arbitrary<LabelExpression> {
  const { tree } = fc.letrec<{ tree: LabelExpression }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      { weight: 2, arbitrary: label.map((name): LabelExpression => ({ kind: 'atom', name })) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constantFrom('not' as const, 'group' as const),
          operand: tie('tree'),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constantFrom('and' as const, 'or' as const, 'implies' as const, 'iff' as const),
          left: tie('tree'),
          right: tie('tree'),
        }),
      },
    ),
  }))
  return tree
}

/** The same expression without the parentheses that its author wrote. */
export function withoutGroups(expression: LabelExpression): LabelExpression {
  switch (expression.kind) {
    case 'atom':
      return expression
    case 'group':
      return withoutGroups(expression.operand)
    case 'not':
      return { kind: 'not', operand: withoutGroups(expression.operand) }
    default:
      return {
        kind: expression.kind,
        left: withoutGroups(expression.left),
        right: withoutGroups(expression.right),
      }
  }
}
