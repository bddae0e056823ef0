import { expect, it } from 'vitest'
import { z } from 'zod'
import { secretReference } from '../../../core/config/secret-reference.ts'
import { shapeAt, shapeOf } from '../../../core/config/shape.ts'

const shape = shapeOf(
  z.strictObject({
    wait: z
      .string()
      .refine((text) => text !== '')
      .transform((text) => text.length)
      .prefault('10s')
      .describe('How long'),
    token: secretReference.describe('How to get in').optional(),
    list: z.array(z.strictObject({ kind: z.enum(['a', 'b']).default('a') })).default([]),
    map: z.record(z.string(), z.boolean()),
    early: z.preprocess((value) => value, z.number()),
    strange: z.union([z.string(), z.number()]),
  }),
)

it('sees through defaults, transformations and refinements to what a person writes', () => {
  expect(shapeAt(shape, ['wait'])).toMatchObject({
    kind: 'text',
    optional: true,
    fallback: '10s',
    description: 'How long',
  })
  expect(shapeAt(shape, ['early'])).toMatchObject({ kind: 'number', optional: false })
  expect(shapeAt(shape, ['strange'])).toMatchObject({ kind: 'other' })
})

it('remembers through any wrapping what is secret', () => {
  expect(shapeAt(shape, ['token'])).toMatchObject({
    secret: true,
    optional: true,
    description: 'How to get in',
  })
  expect(shapeAt(shape, ['wait'])).toMatchObject({ secret: false })
})

it('goes into lists and maps', () => {
  expect(shapeAt(shape, ['list', 3, 'kind'])).toMatchObject({ kind: 'text', fallback: 'a' })
  expect(shapeAt(shape, ['map', 'anything'])).toMatchObject({ kind: 'boolean' })
  expect(shapeAt(shape, ['list', 3, 'other'])).toBeUndefined()
  expect(shapeAt(shape, ['wait', 'deeper'])).toBeUndefined()
})
