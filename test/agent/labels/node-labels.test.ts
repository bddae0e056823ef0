import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinNodeLabels, splitNodeLabels } from '../../../agent/labels/node-labels.ts'

describe('the label field of a node', () => {
  it.each([
    ['linux docker', ['linux', 'docker']],
    ['  linux\t4CPU8G\r\nlinux ', ['linux', '4CPU8G']],
    ['pair qlinux "two words"', ['pair', 'qlinux', 'two words']],
    ["'two words' x", ['two words', 'x']],
    ['a"b c"d', ['ab cd']],
    ['a\\ b', ['a b']],
    ['a\\"b', ['a"b']],
    ['C:\\work', ['C:\\work']],
    ['\\"a b"', ['\\a b']],
    ['"it\'s" x', ["it's", 'x']],
    ['a&&b !c', ['a&&b', '!c']],
    ['a "open end', ['a', 'open end']],
    ['a "', ['a']],
    ['', []],
  ])('%j holds %j', (text, labels) => {
    expect(splitNodeLabels(text)).toEqual(labels)
  })

  it('quotes only what needs it', () => {
    expect(joinNodeLabels(['linux', '4CPU8G', 'two words', 'a"b', 'linux'])).toBe(
      'linux 4CPU8G "two words" "a\\"b"',
    )
  })

  it('gives back what was put in', () => {
    const label = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'ab\\"\' \t\n') }))
    fc.assert(
      fc.property(fc.uniqueArray(label), (labels) => {
        expect(splitNodeLabels(joinNodeLabels(labels))).toEqual(labels)
      }),
    )
  })
})
