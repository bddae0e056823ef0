import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fillTemplate, templateProblems } from '../../../jenkins/notify/template.ts'
import { type Values, valueNames } from '../../../jenkins/notify/values.ts'

const values = (over: Partial<Values> = {}): Values => ({
  name: 'jenkins',
  outcome: 'rolled-back',
  result: 'failure',
  reason: 'it did not start',
  hint: '',
  version: '2.1',
  fromVersion: '2.1',
  toVersion: '2.2',
  transaction: 't',
  backup: 'b',
  downtime: '12s',
  took: '1m',
  ...over,
})

it('fills in names, with or without blanks around them', () => {
  expect(fillTemplate('{"text":"{{name}}: {{ outcome }}, {{reason}}"}', values())).toBe(
    '{"text":"jenkins: rolled-back, it did not start"}',
  )
})

it('gives JSON whatever the values are, and nothing in them is taken for a template', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (reason, hint) => {
      const text = fillTemplate('{"a":"{{reason}}","b":"{{hint}}"}', values({ reason, hint }))
      // Lone surrogates are written as escapes, and come back as they were.
      expect(JSON.parse(text)).toEqual({ a: reason, b: hint })
    }),
  )
  expect(fillTemplate('"{{reason}}"', values({ reason: '{{name}}' }))).toBe('"{{name}}"')
})

it.each([
  ['{"text":"{{nane}}"}', '{{nane}} is nothing that can be told; did you mean {{name}}?'],
  ['{"text":"{{#if x}}"}', '{{#if x}} is nothing that can be told'],
  ['{"text":{{name}}}', 'it is no JSON once the values are filled in; put each {{…}} between double quotes'],
  ['text', 'it is no JSON once the values are filled in; put each {{…}} between double quotes'],
])('refuses %s', (template, problem) => {
  expect(templateProblems(template)).toEqual([problem])
})

it('takes every name that there is', () => {
  const template = JSON.stringify(valueNames.map((name) => `{{${name}}}`))
  expect(templateProblems(template)).toEqual([])
  expect(JSON.parse(fillTemplate(template, values()))).toEqual(valueNames.map((name) => values()[name]))
})
