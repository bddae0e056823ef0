import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareVersions, javaFor, parseVersion, supportsNoReconnectAfter } from '../../jenkins/version.ts'

test.each([
  ['2.498', [2, 498], false],
  ['2.479.1', [2, 479, 1], false],
  ['2.504.3-SNAPSHOT', [2, 504, 3], true],
  [' 2.426.3.3 ', [2, 426, 3, 3], false],
  ['2.499-rc35985.a1b2c3', [2, 499], true],
])('%s is a version', (text, numbers, isPreview) => {
  expect(parseVersion(text)).toEqual({ numbers, isPreview })
})

test.each(['', 'unknown', '2', 'v2.498', '2.x', '2.498 (private)'])('%j is no version', (text) => {
  expect(parseVersion(text)).toBeUndefined()
})

test('versions sort as they were released', () => {
  const sorted = [
    'unknown',
    '2.99',
    '2.462',
    '2.479-rc1',
    '2.479',
    '2.479.1',
    '2.479.10',
    '2.480-SNAPSHOT',
    '2.480',
    '3.1',
  ]
  expect(sorted.toReversed().toSorted(compareVersions)).toEqual(sorted)
})

test('comparing is an order: antisymmetric, and equal only to what is written alike', () => {
  const version = fc.tuple(fc.nat(3), fc.nat(600), fc.nat(4)).map((numbers) => numbers.join('.'))
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0)
      expect(compareVersions(a, b) === 0).toBe(a === b)
    }),
  )
})

test.each([
  ['2.462.3', 17],
  ['2.463', 17],
  ['2.498', 17],
  ['2.541.3', 17],
  ['2.545', 21],
  ['2.555.1', 21],
  ['unknown', 21],
])('agents of %s run on Java %d', (version, java) => {
  expect(javaFor(version)).toBe(java)
})

test('the agent of an old controller cannot give up by itself', () => {
  expect(supportsNoReconnectAfter('2.452.4')).toBe(false)
  expect(supportsNoReconnectAfter('2.462.1')).toBe(true)
  expect(supportsNoReconnectAfter('2.498')).toBe(true)
  expect(supportsNoReconnectAfter('unknown')).toBe(false)
})
