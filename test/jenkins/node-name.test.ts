import { describe, expect, test } from 'vitest'
import { checkNodeName, nodeNameProblem, nodePath } from '../../jenkins/node-name.ts'
import { exchangesOf } from '../support/recordings.ts'

/** Names that a real Jenkins was asked to create a node of, and whether it did. */
const tried = exchangesOf('node-create-refused').flatMap(({ request, response, note = '' }) => {
  if (request.path !== '/computer/doCreateItem' || !/name|allowed|bytes/.test(note)) return []
  const name = new URLSearchParams(request.body ?? '').get('name')
  const isOurSubject = name !== null && !/exists|trimmed/.test(note)
  return isOurSubject ? [{ name, note, accepted: response.status === 302 }] : []
})

describe('a name is judged as Jenkins judged it', () => {
  test.each(tried)('$note', ({ name, accepted }) => {
    expect(nodeNameProblem(name) === undefined).toBe(accepted)
  })

  test('both verdicts were recorded often enough', () => {
    expect(tried.filter((one) => !one.accepted).length).toBeGreaterThan(20)
    expect(tried.filter((one) => one.accepted).length).toBeGreaterThan(4)
  })
})

test('a refusal names the problem and an example', () => {
  expect(() => checkNodeName('ann/1')).toThrow(
    '"ann/1" cannot be the name of a Jenkins node: / is not allowed',
  )
  expect(nodeNameProblem('a\u0000b')).toBe('it holds the control character U+0000')
  expect(nodeNameProblem(' a')).toBe('Jenkins cuts blanks off its ends')
  expect(() => checkNodeName('ann-laptop-1')).not.toThrow()
})

test('a name is encoded for its URL', () => {
  expect(nodePath('in side')).toBe('computer/in%20side')
  expect(nodePath('ü1')).toBe('computer/%C3%BC1')
  expect(nodePath('(built-in)')).toBe('computer/(built-in)')
})
