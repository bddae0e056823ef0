import type { LabelExpression } from './expression.ts'

/**
 * Whether the expression is true of something that carries exactly these labels.
 * Labels compare as text, letter by letter, as in Jenkins: `4CPU8G` is not satisfied by `8CPU16G`.
 */
export function evaluates(expression: LabelExpression, labels: Pick<ReadonlySet<string>, 'has'>): boolean {
  switch (expression.kind) {
    case 'atom':
      return labels.has(expression.name)
    case 'group':
      return evaluates(expression.operand, labels)
    case 'not':
      return !evaluates(expression.operand, labels)
    case 'and':
      return evaluates(expression.left, labels) && evaluates(expression.right, labels)
    case 'or':
      return evaluates(expression.left, labels) || evaluates(expression.right, labels)
    case 'implies':
      return !evaluates(expression.left, labels) || evaluates(expression.right, labels)
    case 'iff':
      return evaluates(expression.left, labels) === evaluates(expression.right, labels)
  }
}

/** Every label that the expression mentions, each once, in the order of their first mention. */
export function atoms(expression: LabelExpression): string[] {
  const names = new Set<string>()
  collect(expression, names)
  return [...names]
}

function collect(expression: LabelExpression, names: Set<string>): void {
  if (expression.kind === 'atom') names.add(expression.name)
  else if (expression.kind === 'group' || expression.kind === 'not') collect(expression.operand, names)
  else {
    collect(expression.left, names)
    collect(expression.right, names)
  }
}
