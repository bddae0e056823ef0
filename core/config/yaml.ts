import {
  type Document,
  isMap,
  isNode,
  isPair,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import type { Problem } from './problem.ts'
import type { ConfigPath } from './shape.ts'

export interface Position {
  line: number
  column: number
}

/** A YAML text as plain values, with the place of everything in it. */
export interface ParsedYaml {
  value: unknown
  /** What is wrong with the text itself; `value` is undefined then. */
  problems: (Position & Pick<Problem, 'says'>)[]
  /** Where the key of a setting begins, or of its nearest parent that was written down. */
  keyPosition(path: ConfigPath): Position
  /** Where the value of a setting begins. */
  valuePosition(path: ConfigPath): Position
}

/** Parses one YAML 1.2 document. Keys that stand twice, unknown tags and runaway aliases are problems. */
export function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter()
  // prettyErrors would quote source lines, and a source line may hold what must not be shown.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const problems = [...syntaxProblems(document, text), ...aliasProblems(document)]
  let value: unknown
  try {
    if (problems.length === 0) value = document.toJS()
  } catch {
    problems.push({ offset: 0, says: 'its aliases multiply beyond measure' })
  }
  const find = (path: ConfigPath) => locate(document.contents, path)
  return {
    value,
    problems: problems.map(({ offset, says }) => ({ ...at(offset), says })),
    keyPosition: (path) => at(find(path).key),
    valuePosition: (path) => at(find(path).value),
  }
}

/** The parser's messages in words for somebody who does not know YAML's grammar; none of them quotes a value. */
const explanations: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'an alias (*name) without its anchor (&name); put the text in quotes if no alias is meant',
  BAD_DQ_ESCAPE: 'a backslash that YAML does not know inside double quotes; use single quotes',
  BAD_INDENT: 'the indentation does not fit the lines above; is a closing bracket missing?',
  BAD_SCALAR_START: 'a plain text may not begin with this character; put the text in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping begins in the middle of a line; is a line break or a quote missing?',
  BLOCK_IN_FLOW: 'an indented block inside brackets or braces',
  MISSING_CHAR: 'something is missing: a closing quote, bracket or brace, or the colon or blank after a key',
  MULTILINE_IMPLICIT_KEY: 'a key or text runs over more than one line; is a colon or a quote missing?',
  MULTIPLE_DOCS: 'a second document begins (---); only one is allowed',
  TAB_AS_INDENT: 'a tab is used for indentation; YAML takes blanks only',
  TAG_RESOLVE_FAILED: 'a tag (!name) that is not known here; put the text in quotes if no tag is meant',
  UNEXPECTED_TOKEN: 'this was not expected here; is a quote missing, or the indentation wrong?',
}

/** Every key that stands twice, and of the rest the first only: after it the parser merely stumbles on. */
function syntaxProblems(document: Document, text: string): { offset: number; says: string }[] {
  const errors = [...document.errors, ...document.warnings]
  const first = errors.find(({ code }) => code !== 'DUPLICATE_KEY')
  return errors
    .filter((error) => error === first || error.code === 'DUPLICATE_KEY')
    .map((error) => ({ offset: error.pos[0], says: explain(error, text) }))
}

function explain(error: YAMLError, text: string): string {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[\w-]+/.exec(text.slice(error.pos[0], error.pos[0] + 80))?.[0]
    return `the key ${key ?? 'here'} stands twice in the same place`
  }
  return `not valid YAML: ${explanations[error.code] ?? error.code.toLowerCase().replaceAll('_', ' ')}`
}

/** Aliases without an anchor, and aliases inside what they stand for: those would have no end. */
function aliasProblems(document: Document): { offset: number; says: string }[] {
  const problems: { offset: number; says: string }[] = []
  visit(document, {
    Alias: (_key, alias, ancestors) => {
      const target = alias.resolve(document)
      const offset = alias.range?.[0] ?? 0
      if (!target) problems.push({ offset, says: `not valid YAML: ${explanations.BAD_ALIAS}` })
      else if (ancestors.includes(target)) problems.push({ offset, says: 'an alias inside its own anchor' })
    },
  })
  return problems
}

/** Walks as far along the path as the document goes, remembering where it stood last. */
function locate(root: unknown, path: ConfigPath): { key: number; value: number } {
  let node = root
  let found = { key: startOf(root) ?? 0, value: startOf(root) ?? 0 }
  for (const step of path) {
    const child: unknown = isMap(node)
      ? node.items.find((pair) => keyOf(pair) === String(step))
      : isSeq(node)
        ? node.items[Number(step)]
        : undefined
    if (child === undefined) return found
    node = isPair(child) ? child.value : child
    const value = startOf(node)
    const key = (isPair(child) ? startOf(child.key) : value) ?? found.key
    found = { key, value: value ?? key }
  }
  return found
}

function keyOf(pair: Pair): string {
  return isNode(pair.key) ? String(pair.key) : String(pair.key ?? '')
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
