import { UserError } from '../../core/errors.ts'
import type { LabelExpression } from './expression.ts'
import { parseLabelExpression } from './parse.ts'

/** Few labels stand in a queue of thousands, and every look reads them all again. */
const known = new Map<string, LabelExpression>()
const mostKnown = 500

/**
 * What Jenkins makes of any text: an expression if it parses, otherwise ONE label of exactly that text.
 * So `linux docker` waits for a label that holds a blank (Jenkins.getLabel in jenkinsci/jenkins).
 */
export function parseLabelLeniently(text: string): LabelExpression {
  const before = known.get(text)
  if (before) return before
  if (known.size >= mostKnown) known.clear()
  const expression = parse(text)
  known.set(text, expression)
  return expression
}

function parse(text: string): LabelExpression {
  try {
    return parseLabelExpression(text)
  } catch (error) {
    if (error instanceof UserError) return { kind: 'atom', name: text }
    throw error
  }
}
