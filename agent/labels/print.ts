import type { LabelExpression } from './expression.ts'

/**
 * The name that Jenkins gives to a label expression, as its queue shows it: operators without blanks, parentheses as
 * the author wrote them. A single label is shown raw, so that `"no such"` reads `no such`; within an expression
 * odd labels are quoted. The text may therefore not parse back; use formatLabelExpression for that.
 * Sources: LabelExpression.java and LabelAtom.java in jenkinsci/jenkins, and recordings of Jenkins 2.498.
 */
export function nameOfLabel(expression: LabelExpression): string {
  return expression.kind === 'atom' ? expression.name : print(expression, escapeAsJenkinsDoes)
}

/** An expression as text that parses back to the same meaning, with quotes and parentheses where they are needed. */
export function formatLabelExpression(expression: LabelExpression): string {
  return print(expression, quoteWhereNeeded)
}

const symbols = { and: '&&', or: '||', implies: '->', iff: '<->' } as const

/** How tightly each kind binds; a higher number is looser. */
const looseness = { atom: 0, group: 0, not: 1, and: 2, or: 3, implies: 4, iff: 5 } as const

function print(expression: LabelExpression, printAtom: (name: string) => string): string {
  const operand = (inner: LabelExpression, loosest: number): string => {
    const text = print(inner, printAtom)
    return looseness[inner.kind] > loosest ? `(${text})` : text
  }
  switch (expression.kind) {
    case 'atom':
      return printAtom(expression.name)
    case 'group':
      return `(${print(expression.operand, printAtom)})`
    case 'not':
      return `!${operand(expression.operand, looseness.atom)}`
    default: {
      // All are read from the left, except that `->` takes no other `->` on either side without parentheses.
      const own = looseness[expression.kind]
      const left = operand(expression.left, expression.kind === 'implies' ? own - 1 : own)
      return `${left}${symbols[expression.kind]}${operand(expression.right, own - 1)}`
    }
  }
}

function quoteWhereNeeded(name: string): string {
  return /^(?:[^&|!<>() \t\r\n"'-]|-(?!>))+$/.test(name) ? name : quote(name)
}

/** Jenkins asks whether the name would do for a node, and then quotes only if it holds a blank, a quote or a backslash. */
function escapeAsJenkinsDoes(name: string): string {
  const isOdd = /^\.{0,2}$|\.$|[\p{Cc}?*/\\%!@#$^&|<>[\]:; ()]/u.test(name)
  return name === '' || (isOdd && /[\s"'\\]/.test(name)) ? quote(name) : name
}

const escapes: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
}

function quote(name: string): string {
  return `"${name.replace(/["\\\n\r\t\f\b]/g, (character) => escapes[character] ?? character)}"`
}
