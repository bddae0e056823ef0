import { UserError } from '../../core/errors.ts'

export type Operator = '&&' | '||' | '!' | '->' | '<->' | '(' | ')'

export type Token =
  | { kind: 'atom'; name: string; column: number }
  | { kind: 'operator'; operator: Operator; column: number }
  | { kind: 'end'; column: number }

/** Longer than anybody writes, short enough that a recursive walk over the tree never runs out of stack. */
const mostTokens = 1000

const operators: readonly Operator[] = ['<->', '->', '&&', '||', '!', '(', ')']

/** One or more characters of a bare label; a dash belongs to it unless `>` follows. */
const bareAtom = /(?:[^&|!<>() \t"'-]|-(?!>))+/y

/** A label in double quotes. No line ends inside, and no escapes but these. */
const quotedAtom = /"(?:\\[btnfr"'\\]|[^\\"\r\n])*"/y

const escapes: Record<string, string> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' }

/**
 * Splits a label expression into tokens; the last one is always `end`. Columns count from 1.
 * Throws UserError that points at the first character that belongs to no token.
 * The rules are those of LabelExpressionLexer.g4 in jenkinsci/jenkins: only blanks and tabs separate.
 */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const character = text[at]
    if (character === ' ' || character === '\t') {
      at++
      continue
    }
    const { token, length } = readToken(text, at)
    tokens.push(token)
    at += length
    if (tokens.length > mostTokens) {
      throw syntaxError(text, token.column, `more than ${mostTokens} labels and operators`)
    }
  }
  tokens.push({ kind: 'end', column: text.length + 1 })
  return tokens
}

/** An error that shows the expression with a caret under the column (from 1) that is wrong. */
export function syntaxError(text: string, column: number, problem: string, hint?: string): UserError {
  const from = Math.max(0, column - 60)
  const shown = text.slice(from, from + 120).replace(/[\r\n]/g, ' ')
  const indent = shown.slice(0, column - 1 - from).replace(/[^\t]/g, ' ')
  return new UserError(
    `label expression, column ${column}: ${problem}\n  ${shown}\n  ${indent}^`,
    hint === undefined ? {} : { hint },
  )
}

function readToken(text: string, at: number): { token: Token; length: number } {
  const column = at + 1
  const operator = operators.find((each) => text.startsWith(each, at))
  if (operator) return { token: { kind: 'operator', operator, column }, length: operator.length }

  const bare = matchAt(bareAtom, text, at)
  if (bare) return { token: { kind: 'atom', name: bare, column }, length: bare.length }

  const quoted = matchAt(quotedAtom, text, at)
  if (quoted) return { token: { kind: 'atom', name: unquote(quoted), column }, length: quoted.length }

  throw strayCharacter(text, at)
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character)
}

function strayCharacter(text: string, at: number): UserError {
  const character = text[at] ?? ''
  const found = (problem: string, hint?: string) => syntaxError(text, at + 1, problem, hint)
  if (character === '"') {
    return found(
      'this quoted label does not end, or holds an unknown escape',
      'escapes are \\" \\\\ \\\' \\b \\t \\n \\f \\r',
    )
  }
  if (character === "'") return found('single quotes do not quote', 'use double quotes')
  if (character === '&') return found("a single '&'", "write '&&'")
  if (character === '|') return found("a single '|'", "write '||'")
  return found(`'${character}' stands alone`, 'the operators are && || ! -> <-> and parentheses')
}
