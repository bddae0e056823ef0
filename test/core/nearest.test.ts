import { expect, it } from 'vitest'
import { nearest } from '../../core/nearest.ts'

it.each([
  ['usr', 'user'],
  ['URL', 'url'],
  ['tokne', 'token'],
  ['timout', 'timeout'],
])('takes %s for %s', (word, meant) => {
  expect(nearest(word, ['user', 'url', 'token', 'timeout'])).toBe(meant)
})

it('suggests nothing where nothing is close', () => {
  expect(nearest('password', ['user', 'url', 'token'])).toBeUndefined()
  expect(nearest('x', [])).toBeUndefined()
})

it('prefers the closest of several', () => {
  expect(nearest('resume', ['result', 'resumed', 'reuse'])).toBe('resumed')
})
