import type { LabelExpression } from './expression.ts'
import { type Operator, readTokens, syntaxError, type Token } from './lexer.ts'

/**
 * Reads a label expression as Jenkins does: `!` binds tightest, then `&&`, `||`, `->`, `<->`.
 * Two things are stricter than one might think: `!!x` and `a->b->c` are errors.
 * Throws UserError that points at the column. Source: LabelExpressionParser.g4 in jenkinsci/jenkins.
 */
export function parseLabelExpression(text: string): LabelExpression {
  const input: Input = { text, tokens: readTokens(text), at: 0 }
  const expression = readEquivalence(input)
  if (peek(input).kind !== 'end') throw unexpected(input)
  return expression
}

interface Input {
  text: string
  tokens: readonly Token[]
  at: number
}

function readEquivalence(input: Input): LabelExpression {
  let left = readImplication(input)
  while (take(input, '<->')) left = { kind: 'iff', left, right: readImplication(input) }
  return left
}

function readImplication(input: Input): LabelExpression {
  const left = readAlternatives(input)
  if (!take(input, '->')) return left
  return { kind: 'implies', left, right: readAlternatives(input) }
}

function readAlternatives(input: Input): LabelExpression {
  let left = readConjunction(input)
  while (take(input, '||')) left = { kind: 'or', left, right: readConjunction(input) }
  return left
}

function readConjunction(input: Input): LabelExpression {
  let left = readNegation(input)
  while (take(input, '&&')) left = { kind: 'and', left, right: readNegation(input) }
  return left
}

function readNegation(input: Input): LabelExpression {
  return take(input, '!') ? { kind: 'not', operand: readOperand(input) } : readOperand(input)
}

function readOperand(input: Input): LabelExpression {
  const token = peek(input)
  if (token.kind === 'atom') {
    input.at++
    return { kind: 'atom', name: token.name }
  }
  if (!take(input, '(')) throw unexpected(input, 'a label')
  const operand = readEquivalence(input)
  if (!take(input, ')')) throw unexpected(input, "')'")
  return { kind: 'group', operand }
}

function peek(input: Input): Token {
  return input.tokens[input.at] ?? { kind: 'end', column: input.text.length + 1 }
}

function take(input: Input, operator: Operator): boolean {
  const token = peek(input)
  if (token.kind !== 'operator' || token.operator !== operator) return false
  input.at++
  return true
}

function unexpected(input: Input, expected = 'an operator') {
  const token = peek(input)
  const fail = (problem: string, hint?: string) => syntaxError(input.text, token.column, problem, hint)
  if (token.kind === 'end') return fail(`expected ${expected}, but the expression ends here`)
  if (token.kind === 'atom') {
    return fail(
      `expected ${expected} before '${token.name}'`,
      'join labels by && or ||; a label that holds blanks stands in double quotes',
    )
  }
  if (token.operator === '!' && expected === 'a label') {
    return fail("only one '!' at a time", 'write !(!x)')
  }
  if (token.operator === '->' && expected === 'an operator') {
    return fail("'->' cannot be chained", 'put one of the implications into parentheses')
  }
  return fail(`expected ${expected}, found '${token.operator}'`)
}
