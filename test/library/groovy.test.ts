import fc from 'fast-check'
import { expect, it } from 'vitest'
import { groovyLiteral, groovyText } from '../../library/groovy.ts'

it('text becomes a literal in single quotes, in which nothing is interpolated', () => {
  expect(groovyText(`it's $HOME \\ "x"`)).toBe(`'it\\'s $HOME \\\\ "x"'`)
  expect(groovyText('a\nb\r\tc')).toBe("'a\\nb\\r\\tc'")
  expect(groovyText('grün 𝄞 \0')).toBe("'gr\\u00fcn \\ud834\\udd1e \\u0000'")
})

it('every literal is one line of ASCII that reads back as the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const literal = groovyText(text)
      expect(literal).toMatch(/^'[ -~]*'$/)
      expect(readBack(literal)).toBe(text)
    }),
  )
})

it('lists and maps are laid out over lines when they are long, and words of the language are quoted as keys', () => {
  expect(groovyLiteral({ a: 1, b: [true, 'x'], default: {} })).toBe("[a: 1, b: [true, 'x'], 'default': [:]]")
  expect(groovyLiteral({ 'x-y': [] })).toBe("['x-y': []]")
  const long = groovyLiteral({ first: 'x'.repeat(70), second: 'y'.repeat(70) }, '')
  expect(long).toBe(`[\n    first: '${'x'.repeat(70)}',\n    second: '${'y'.repeat(70)}',\n]`)
  expect(groovyLiteral(3_000_000_000)).toBe('3000000000L')
})

it.each([null, undefined, 0.5, () => 1, new Date(0)])('refuses %s', (value) => {
  expect(() => groovyLiteral(value)).toThrow(TypeError)
})

/** As Groovy reads it: first the characters by number, then the escapes. */
function readBack(literal: string): string {
  return literal.slice(1, -1).replace(/\\(u([0-9a-f]{4})|.)/g, (_, letter: string, code?: string) => {
    if (code) return String.fromCharCode(Number.parseInt(code, 16))
    return { n: '\n', r: '\r', t: '\t' }[letter] ?? letter
  })
}
