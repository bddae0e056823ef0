import { nameProblem } from './good-name.ts'

/**
 * Label expressions as the practice controller judges them. Written apart from the agent's own reader of the same grammar,
 * so that tests can hold one against the other. Grammar: jenkinsci/jenkins LabelExpressionParser.g4 and LabelExpressionLexer.g4.
 */
export type Label =
  | { kind: 'atom'; name: string }
  | { kind: 'not'; inner: Label }
  | { kind: 'paren'; inner: Label }
  | { kind: Binary; left: Label; right: Label }

type Binary = 'and' | 'or' | 'implies' | 'iff'

const operators: Record<Binary, string> = { and: '&&', or: '||', implies: '->', iff: '<->' }
const classes: Record<Label['kind'], string> = {
  atom: 'LabelAtom',
  not: 'LabelExpression$Not',
  paren: 'LabelExpression$Paren',
  and: 'LabelExpression$And',
  or: 'LabelExpression$Or',
  implies: 'LabelExpression$Implies',
  iff: 'LabelExpression$Iff',
}

/**
 * The label that a text asks for; undefined when it asks for nothing. A text that is no expression is one atom of
 * that literal text, blanks and all (Jenkins.getLabel).
 */
export function readLabel(text: string): Label | undefined {
  if (text.trim() === '') return undefined
  return parseLabel(text) ?? { kind: 'atom', name: text.trim() }
}

/** Undefined when the text is no expression of the grammar. */
export function parseLabel(text: string): Label | undefined {
  const tokens = tokenize(text)
  if (!tokens) return undefined
  const [label, rest] = parseIff(tokens) ?? []
  return label && rest?.length === 0 ? label : undefined
}

/** The label's name: operators without blanks, the user's parentheses kept. An atom alone stands without quotes. */
export function labelName(label: Label): string {
  return label.kind === 'atom' ? label.name : print(label)
}

/** The class that the remote API names for it. */
export function labelClass(label: Label): string {
  return `hudson.model.labels.${classes[label.kind]}`
}

export function matches(label: Label, labels: ReadonlySet<string>): boolean {
  switch (label.kind) {
    case 'atom':
      return labels.has(label.name)
    case 'not':
      return !matches(label.inner, labels)
    case 'paren':
      return matches(label.inner, labels)
    case 'and':
      return matches(label.left, labels) && matches(label.right, labels)
    case 'or':
      return matches(label.left, labels) || matches(label.right, labels)
    case 'implies':
      return !matches(label.left, labels) || matches(label.right, labels)
    case 'iff':
      return matches(label.left, labels) === matches(label.right, labels)
  }
}

/** A job's label as the remote API shows it: as typed, or in double quotes when it is no expression. */
export function typedLabel(text: string): string {
  return parseLabel(text) ? text : escapeAtom(text)
}

/** The labels of a node's label text: blanks separate, either quote groups, a backslash escapes (QuotedStringTokenizer). */
export function splitNodeLabels(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s"'])+/g) ?? []
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'/g, (_, double, single) =>
      String(double ?? single).replace(/\\(.)/g, '$1'),
    ),
  )
}

function print(label: Label): string {
  if (label.kind === 'atom') return escapeAtom(label.name)
  if (label.kind === 'not') return `!${print(label.inner)}`
  if (label.kind === 'paren') return `(${print(label.inner)})`
  return `${print(label.left)}${operators[label.kind]}${print(label.right)}`
}

/** LabelAtom.escape: quotes what would not do as a name, but only where a quote makes a difference. */
function escapeAtom(name: string): string {
  const isOdd = name === '' || nameProblem(name) !== undefined || /[ ()]/.test(name)
  if (name !== '' && !(isOdd && /[\s"'\\]/.test(name))) return name
  const controls: Record<string, string> = { '\n': 'n', '\r': 'r', '\t': 't', '\f': 'f', '\b': 'b' }
  return `"${name.replace(/["\\\n\r\t\f\b]/g, (char) => `\\${controls[char] ?? char}`)}"`
}

type Token = { kind: 'operator'; text: string } | { kind: 'atom'; text: string }
type Parsed = [Label, Token[]] | undefined

function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = []
  const pattern =
    /[ \t]*(?:(<->|->|&&|\|\||[!()])|"((?:\\[btnfr"'\\]|[^"\\\r\n])*)"|((?:(?!->)[^&|!<>() \t"'])+)|$)/y
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text)
    if (!found) return undefined
    const [, operator, quoted, atom] = found
    if (operator !== undefined) tokens.push({ kind: 'operator', text: operator })
    else if (quoted !== undefined) tokens.push({ kind: 'atom', text: unescapeQuoted(quoted) })
    else if (atom !== undefined) tokens.push({ kind: 'atom', text: atom })
  }
  return tokens
}

function unescapeQuoted(text: string): string {
  const controls: Record<string, string> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' }
  return text.replace(/\\(.)/g, (_, letter: string) => controls[letter] ?? letter)
}

function parseIff(tokens: Token[]): Parsed {
  return chain(tokens, 'iff', parseImplies)
}

function parseImplies(tokens: Token[]): Parsed {
  const left = parseOr(tokens)
  if (!left || !startsWith(left[1], '->')) return left
  const right = parseOr(left[1].slice(1))
  return right && [{ kind: 'implies', left: left[0], right: right[0] }, right[1]]
}

function parseOr(tokens: Token[]): Parsed {
  return chain(tokens, 'or', parseAnd)
}

function parseAnd(tokens: Token[]): Parsed {
  return chain(tokens, 'and', parseNot)
}

function chain(tokens: Token[], kind: 'iff' | 'or' | 'and', operand: (tokens: Token[]) => Parsed): Parsed {
  let left = operand(tokens)
  while (left && startsWith(left[1], operators[kind])) {
    const right = operand(left[1].slice(1))
    if (!right) return undefined
    left = [{ kind, left: left[0], right: right[0] }, right[1]]
  }
  return left
}

function parseNot(tokens: Token[]): Parsed {
  if (!startsWith(tokens, '!')) return parseOperand(tokens)
  const operand = parseOperand(tokens.slice(1))
  return operand && [{ kind: 'not', inner: operand[0] }, operand[1]]
}

function parseOperand(tokens: Token[]): Parsed {
  const [first, ...rest] = tokens
  if (first?.kind === 'atom') return [{ kind: 'atom', name: first.text }, rest]
  if (!startsWith(tokens, '(')) return undefined
  const inner = parseIff(rest)
  if (!inner || !startsWith(inner[1], ')')) return undefined
  return [{ kind: 'paren', inner: inner[0] }, inner[1].slice(1)]
}

function startsWith(tokens: Token[], operator: string): boolean {
  return tokens[0]?.kind === 'operator' && tokens[0].text === operator
}
