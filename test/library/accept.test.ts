import { expect, it } from 'vitest'
import { acceptParameters } from '../../library/accept.ts'
import { sampleStep } from './sample-step.ts'

const accept = (parameters: Record<string, unknown>, body = false) =>
  acceptParameters(sampleStep, { ...(!body && { command: 'true' }), word: 'w', ...parameters }, body)
const problem = (parameters: Record<string, unknown>, body = false) => {
  const accepted = accept(parameters, body)
  return 'problem' in accepted ? accepted.problem : undefined
}
const values = (parameters: Record<string, unknown>) => {
  const accepted = accept(parameters)
  return 'values' in accepted ? accepted.values : accepted
}

it('gives defaults, and takes numbers and switches as text', () => {
  expect(values({})).toEqual({
    command: 'true',
    word: 'w',
    folder: '/var/empty',
    fast: true,
    times: 3,
    mode: 'quiet',
    items: ['a'],
    dryRun: false,
  })
  expect(values({ times: '9', fast: 'false', variables: { A: 1, B: true } })).toMatchObject({
    times: 9,
    fast: false,
    variables: { A: '1', B: 'true' },
  })
})

it('counts null as not given', () => {
  expect(values({ times: null, image: undefined })).toMatchObject({ times: 3 })
  expect(problem({ word: null })).toBe("'word' is missing: Any line")
})

it('turns a list of words into a line that a shell splits into just these', () => {
  expect(values({ command: ['a b', "it's", '$x', 5] })).toMatchObject({
    command: `'a b' 'it'\\''s' '$x' '5'`,
  })
})

it('takes an outdated name, with a word about it', () => {
  expect(accept({ things: ['x'] })).toMatchObject({
    values: { items: ['x'] },
    notes: ["'things' is now called 'items'"],
  })
})

it.each([
  [{ wrod: 'x' }, "there is no parameter 'wrod'; did you mean 'word'?"],
  [{ somethingElse: 'x' }, /^there is no parameter 'somethingElse'; it takes command, word, .*, dryRun$/],
  [{ word: 5 }, "'word' must be one line that does not begin with a dash, but it is 5"],
  [{ word: ['x'] }, "'word' must be one line that does not begin with a dash, but it is the list ['x']"],
  [{ word: '-x\u0007y' }, "'word' must be one line that does not begin with a dash, but it is '-x y'"],
  [
    { word: `-${'x'.repeat(100)}` },
    `'word' must be one line that does not begin with a dash, but it is '-${'x'.repeat(56)}...'`,
  ],
  [{ times: 10 }, "'times' must be a whole number from 1 to 9, but it is 10"],
  [{ times: 1.5 }, "'times' must be a whole number from 1 to 9, but it is 1.5"],
  [{ fast: 'yes' }, "'fast' must be true or false, but it is 'yes'"],
  [{ mode: 'silent' }, "'mode' must be one of quiet, loud, but it is 'silent'"],
  [{ items: 'x' }, "'items' must be a list, each item one line, but it is 'x'"],
  [{ items: ['x', ''] }, "'items' must be a list, each item one line, but it is the list ['x', '']"],
  [{ variables: { '1A': 'x' } }, /^'variables' must be a map, each key .*, but it is the map \[1A: x\]$/],
  [{ code: '' }, "'code' must be a text of at most 65,536 characters, but it is ''"],
  [
    { command: [] },
    "'command' must be a text for bash or a list of words, at most 65,536 characters, but it is the list ['']",
  ],
  [{ password: '-x' }, "'password' must be one line that does not begin with a dash"],
  [{ login: '-x' }, "'login' must be the id of a credential in Jenkins, but it is '-x'"],
  [{ image: 'a', code: 'b' }, "it takes at most one of 'image', 'code': one place is enough"],
  [{ mode: 'loud', fast: false }, "'mode: loud' needs 'fast: true': noise is short"],
])('refuses %j in one sentence', (parameters, expected) => {
  const said = problem(parameters)
  if (typeof expected === 'string') expect(said).toBe(expected)
  else expect(said).toMatch(expected)
})

it('wants a command or a body, as the shape of the step says', () => {
  expect(problem({}, true)).toBeUndefined()
  expect(problem({ command: 'true' }, true)).toBe("it takes 'command' or a body, not both")
  expect(problem({ command: null })).toBe("it needs 'command' or a body")
  const block = { ...sampleStep, shape: 'block' } as const
  expect(acceptParameters(block, { word: 'w' }, false)).toEqual({
    problem: 'it needs a body: sampleStep(...) { ... }',
  })
  const command = { ...sampleStep, shape: 'command' } as const
  expect(acceptParameters(command, { word: 'w' }, true)).toEqual({ problem: 'it takes no body' })
})

it('takes names that every object has for unknown ones', () => {
  expect(problem({ constructor: 'x' })).toContain("there is no parameter 'constructor'")
  expect(problem(JSON.parse('{"__proto__": "x"}'))).toContain("there is no parameter '__proto__'")
})
