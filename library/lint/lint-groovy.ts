import { blankGroovy, type Literal } from './blank.ts'
import {
  constructors,
  copyConstructors,
  cpsRefusals,
  type Refusal,
  sandboxRefusals,
  stepCall,
} from './refusals.ts'

export interface Finding {
  line: number
  message: string
}

export interface LintOptions {
  /** Names of classes of the library itself. */
  ownClasses?: readonly string[]
}

/**
 * Finds in Groovy of a library what an untrusted library's sandbox refuses, what interpreted Pipelines do not survive,
 * what swallows an abort, and what could become shell. Reads text, not meaning: it knows no types.
 */
export function lintGroovy(source: string, { ownClasses = [] }: LintOptions = {}): Finding[] {
  const { code, literals } = blankGroovy(source)
  const plainRanges = nonCpsRanges(code)
  const isPlain = (offset: number) => plainRanges.some(([start, end]) => offset >= start && offset < end)
  const found = [
    ...matches(code, sandboxRefusals),
    ...matches(code, cpsRefusals).filter(({ offset }) => !isPlain(offset)),
    ...badConstructors(code, ownClasses),
    ...stepsInPlainMethods(code, plainRanges),
    ...swallowed(code),
    ...fields(code),
    ...overrides(code, isPlain),
    ...shellTexts(code, literals),
    ...sourceProblems(source),
  ]
  return found
    .map(({ offset, message }) => ({ line: source.slice(0, offset).split('\n').length, message }))
    .toSorted((a, b) => a.line - b.line)
}

interface Found {
  offset: number
  message: string
}

function all(code: string, pattern: RegExp): RegExpExecArray[] {
  return [...code.matchAll(new RegExp(pattern, `${pattern.flags.replace('g', '')}g`))]
}

function matches(code: string, refusals: readonly Refusal[]): Found[] {
  return refusals.flatMap(({ pattern, because }) =>
    all(code, pattern).map((match) => ({ offset: match.index, message: `${match[0].trim()}: ${because}` })),
  )
}

/** Where the bodies of @NonCPS methods are. */
function nonCpsRanges(code: string): [number, number][] {
  return all(code, /@NonCPS\b/).map((match) => {
    const open = code.indexOf('{', match.index)
    return [open, closingBrace(code, open)]
  })
}

function closingBrace(code: string, open: number): number {
  let depth = 0
  for (let at = open; at >= 0 && at < code.length; at++) {
    if (code[at] === '{') depth++
    if (code[at] === '}' && --depth === 0) return at + 1
  }
  return code.length
}

function badConstructors(code: string, ownClasses: readonly string[]): Found[] {
  return all(code, /\bnew\s+([A-Za-z_.]+)\s*(\(\s*\))?/).flatMap((match) => {
    const name = String(match[1]).split('.').at(-1) ?? ''
    const isCopyless = copyConstructors.has(name) && match[2] !== undefined
    if ((constructors.has(name) && !isCopyless) || ownClasses.includes(name)) return []
    const cure = isCopyless ? 'write [] or [:]' : 'for a refusal use the step error'
    return [{ offset: match.index, message: `new ${name}: the sandbox does not allow it; ${cure}` }]
  })
}

function stepsInPlainMethods(code: string, ranges: readonly [number, number][]): Found[] {
  return ranges.flatMap(([start, end]) =>
    all(code.slice(start, end), stepCall).map((match) => ({
      offset: start + match.index,
      message: `${match[0].trim()}: a @NonCPS method must not call steps`,
    })),
  )
}

/** Every catch that could catch an abort has to throw it on. */
function swallowed(code: string): Found[] {
  return all(code, /\bcatch\s*\(\s*([\w.|\s]*?)\s*\w+\s*\)\s*\{/).flatMap((match) => {
    const open = match.index + match[0].length - 1
    const isNarrow = /^(AbortException|hudson\.AbortException|MissingPropertyException)$/.test(
      String(match[1]).trim(),
    )
    if (isNarrow || /\bthrow\b/.test(code.slice(open, closingBrace(code, open)))) return []
    return [{ offset: match.index, message: 'catch without throw: it would swallow an abort; use finally' }]
  })
}

/** What is shared by all calls of a build, and by parallel branches, must not change. */
function fields(code: string): Found[] {
  const field = all(code, /@Field\s+(?![^\n=]*\bfinal\b)/).map((match) => ({
    offset: match.index,
    message: '@Field without final: it is shared by all calls of a build',
  }))
  const statics = all(
    code,
    /^\s*(private|public|protected)?\s*static\s+(?!final\b)[\w<>[\], ]+?\s+\w+\s*(=(?!=)|$)/m,
  )
  return [
    ...field,
    ...statics.map((match) => ({
      offset: match.index + match[0].search(/\S/),
      message: 'static without final: it does not survive a restart of the controller',
    })),
  ]
}

function overrides(code: string, isPlain: (offset: number) => boolean): Found[] {
  return all(code, /\b(toString|equals|hashCode|compareTo|compare)\s*\([^)]*\)\s*\{/)
    .filter((match) => !isPlain(match.index + match[0].length))
    .map((match) => ({ offset: match.index, message: `${match[1]} is called by Java: it must be @NonCPS` }))
}

/** Values reach a shell by the environment: no text that is run may be put together. */
function shellTexts(code: string, literals: readonly Literal[]): Found[] {
  return all(code, /(^|[^\w])(sh|bat|powershell|pwsh)\b\s*\(?\s*(script\s*:)?\s*(?=["'/])/).flatMap(
    (match) => {
      const literal = literals.find(({ start }) => start === match.index + match[0].length)
      const isMixed =
        literal &&
        (/^\s*\+/.test(code.slice(literal.end)) || (literal.interpolates && literal.text.includes('$')))
      return isMixed
        ? [{ offset: literal.start, message: 'a value in the text of a shell: pass it by withEnv' }]
        : []
    },
  )
}

function sourceProblems(source: string): Found[] {
  const rules: Refusal[] = [
    { pattern: /[^\n -~]/, because: 'only plain ASCII, no tabs and no carriage returns' },
    { pattern: / +$/m, because: 'blanks at the end of a line' },
    { pattern: /\\u(?![0-9a-fA-F]{4})/, because: 'Groovy reads it as a broken character, comments included' },
    { pattern: /\$\{\s*->/, because: 'a lazy text is not interpreted' },
  ]
  const end = source.endsWith('\n') ? [] : [{ offset: source.length, message: 'no line break at the end' }]
  return [
    ...rules.flatMap(({ pattern, because }) =>
      all(source, pattern).map(({ index, 0: text }) => ({
        offset: index,
        message: `${JSON.stringify(text)}: ${because}`,
      })),
    ),
    ...end,
  ]
}
