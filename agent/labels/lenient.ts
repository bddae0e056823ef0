import { UserError } from '../../core/errors.ts'
import type { LabelExpression } from './expression.ts'
import { parseLabelExpression } from './parse.ts'

/**
 * What Jenkins makes of any text: an expression if it parses, otherwise ONE label of exactly that text.
 * So `linux docker` waits for a label that holds a blank (Jenkins.getLabel in jenkinsci/jenkins).
 */
export function parseLabelLeniently(text: string): LabelExpression {
  try {
    return parseLabelExpression(text)
  } catch (error) {
    if (error instanceof UserError) return { kind: 'atom', name: text }
    throw error
  }
}
