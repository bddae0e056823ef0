import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluates } from '../../../agent/labels/evaluate.ts'
import { parseLabelLeniently } from '../../../agent/labels/lenient.ts'
import { parseLabelExpression } from '../../../agent/labels/parse.ts'
import { formatLabelExpression } from '../../../agent/labels/print.ts'
import { UserError } from '../../../core/errors.ts'
import { arbitraryExpression, withoutGroups } from './arbitrary-expression.ts'

const laptop = new Set(['linux', 'docker', '4CPU8G', 'arm64', 'laptop-ann'])

describe('a label expression', () => {
  it.each([
    ['4CPU8G', true],
    ['linux&&docker', true],
    ['linux && !windows', true],
    ['windows || linux && arm64', true],
    ['(windows||linux)&&amd64', false],
    ['4CPU8G||8CPU16G', true],
    ['!windows', true],
    ['!(!linux)', true],
    ['windows -> gpu', true],
    ['linux->gpu', false],
    ['windows<->gpu', true],
    ['(linux->docker)->arm64', true],
    ['"4CPU 8G"', false],
    ['!linux->windows', true],
    ['laptop-ann', true],
    ['linux<->docker<->windows', false],
  ])('%s is %s of a laptop with linux, docker, 4CPU8G, arm64', (text, expected) => {
    expect(evaluates(parseLabelExpression(text), laptop)).toBe(expected)
  })

  it.each([
    ['gpu-1.5/x:y=z,+*', 'gpu-1.5/x:y=z,+*'],
    ['--a', '--a'],
    ['größe', 'größe'],
    ['a\nb', 'a\nb'],
    ['"no such"', 'no such'],
    ['"a\\"b\\\\c\\\'d\\te"', 'a"b\\c\'d\te'],
    ['" -> "', ' -> '],
    ['\t a \t', 'a'],
  ])('%j is the one label %j', (text, name) => {
    expect(parseLabelExpression(text)).toEqual({ kind: 'atom', name })
  })

  it('takes the last dash before > for an arrow', () => {
    expect(parseLabelExpression('a-->b')).toEqual({
      kind: 'implies',
      left: { kind: 'atom', name: 'a-' },
      right: { kind: 'atom', name: 'b' },
    })
  })

  it('reads && before || before -> before <->, each from the left', () => {
    const full = '((!a&&b)||(c&&d))->e<->(f->g)<->h'
    const bare = '!a&&b||c&&d->e<->f->g<->h'
    expect(withoutGroups(parseLabelExpression(bare))).toEqual(withoutGroups(parseLabelExpression(full)))
  })

  it('keeps the parentheses that its author wrote', () => {
    expect(parseLabelExpression('((a))')).toEqual({
      kind: 'group',
      operand: { kind: 'group', operand: { kind: 'atom', name: 'a' } },
    })
  })
})

describe('a text that is no label expression', () => {
  it.each([
    ['!!linux', 2, "only one '!' at a time"],
    ['linux->docker->arm64', 14, "'->' cannot be chained"],
    ['linux docker', 7, "expected an operator before 'docker'"],
    ["'linux'", 1, 'single quotes do not quote'],
    ['', 1, 'expected a label, but the expression ends here'],
    ['   ', 4, 'expected a label, but the expression ends here'],
    ['a &&', 5, 'expected a label, but the expression ends here'],
    ['a & b', 3, "a single '&'"],
    ['a | b', 3, "a single '|'"],
    ['a <b', 3, "'<' stands alone"],
    ['a > b', 3, "'>' stands alone"],
    ['(a', 3, "expected ')', but the expression ends here"],
    ['(a b)', 4, "expected ')' before 'b'"],
    ['a)', 2, "expected an operator, found ')'"],
    ['a && || b', 6, "expected a label, found '||'"],
    ['a && "b', 6, 'this quoted label does not end'],
    ['"a\\x"', 1, 'this quoted label does not end, or holds an unknown escape'],
    ['a !b', 3, "expected an operator, found '!'"],
    ['()', 2, "expected a label, found ')'"],
  ])('%j is refused at column %i: %s', (text, column, problem) => {
    const error = errorOf(text)
    expect(error.message).toContain(`column ${column}: ${problem}`)
    const [, shown, caret] = error.message.split('\n')
    expect(shown).toBe(`  ${text}`)
    expect(caret?.indexOf('^')).toBe(column + 1)
  })

  it('keeps tabs in front of the caret, so that it stands where the terminal shows the fault', () => {
    expect(errorOf('\ta\t&& !').message.split('\n')[2]).toBe('  \t \t    ^')
  })

  it('is shown in part when it is long', () => {
    const message = errorOf(`${'a||'.repeat(100)}!!b${'||a'.repeat(100)}`).message
    const [, shown = '', caret = ''] = message.split('\n')
    expect(shown.length).toBeLessThan(130)
    expect(shown.slice(caret.indexOf('^') - 1)).toMatch(/^!!b/)
  })

  it.each([
    ['endless chain', 'a&&'.repeat(50_000)],
    ['endless nesting', '('.repeat(100_000)],
  ])('may be an %s without harm', (_, text) => {
    expect(errorOf(text).message).toContain('more than 1000 labels and operators')
  })

  it('may be as deep as it may be long', () => {
    const deep = `${'!('.repeat(333)}a${')'.repeat(333)}`
    expect(evaluates(parseLabelExpression(deep), new Set())).toBe(true)
    expect(formatLabelExpression(parseLabelExpression(deep))).toBe(deep)
  })

  it('is one label of that text to Jenkins', () => {
    expect(parseLabelLeniently('linux docker')).toEqual({ kind: 'atom', name: 'linux docker' })
    expect(parseLabelLeniently('!!linux')).toEqual({ kind: 'atom', name: '!!linux' })
    expect(parseLabelLeniently('"linux docker"')).toEqual({ kind: 'atom', name: 'linux docker' })
    expect(parseLabelLeniently('a&&b').kind).toBe('and')
  })
})

describe('parsing', () => {
  const label = fc.oneof(fc.constantFrom('linux', '4CPU8G', 'a-', '-', 'x y', '->', "'"), fc.string())

  it('is the inverse of formatting, but for parentheses that the form needs', () => {
    fc.assert(
      fc.property(arbitraryExpression(label), (expression) => {
        const read = parseLabelExpression(formatLabelExpression(expression))
        expect(withoutGroups(read)).toEqual(withoutGroups(expression))
        expect(parseLabelExpression(formatLabelExpression(read))).toEqual(read)
      }),
    )
  })

  it('does not mind blanks and tabs between tokens', () => {
    const token = fc.constantFrom('a', 'b', '!', '&&', '||', '->', '<->', '(', ')')
    const blanks = fc.stringMatching(/^[ \t]{0,2}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(token, blanks), { maxLength: 9 }), (tokens) => {
        const tight = tokens.map(([text]) => text).join(' ')
        const loose = tokens.map(([text, blank]) => `${text} ${blank}`).join('')
        expect(outcome(loose)).toEqual(outcome(tight))
      }),
      { numRuns: 500 },
    )
  })

  it('answers any text with an expression or a UserError', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab-&|!<>()"\'\\ \t\n') }), (text) => {
        expect(['refused', 'read']).toContain(typeof outcome(text) === 'string' ? 'refused' : 'read')
      }),
      { numRuns: 1000 },
    )
  })
})

function errorOf(text: string): UserError {
  try {
    parseLabelExpression(text)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error(`${text} was accepted`)
}

function outcome(text: string) {
  try {
    return parseLabelExpression(text)
  } catch (error) {
    if (error instanceof UserError) return 'refused'
    throw error
  }
}
