import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agentConfigSchema } from '../../../agent/config/schema.ts'
import { shapeOf } from '../../../core/config/shape.ts'
import { readVariables, variablesOf } from '../../../core/config/variables.ts'

const shape = shapeOf(
  z.strictObject({
    name: z.string().optional(),
    count: z.number().optional(),
    isOpen: z.boolean().optional(),
    tags: z.array(z.string()).default([]),
    ports: z.array(z.number()).default([]),
    env: z.record(z.string(), z.string()).default({}),
    inner: z.strictObject({ rooms: z.array(z.strictObject({ name: z.string() })).default([]) }).prefault({}),
  }),
)

const read = (env: Record<string, string>) => readVariables({ shape, env, prefix: 'FOOTMAN', exempt: [] })

describe('the text of a variable means', () => {
  it.each([
    ['FOOTMAN_NAME', '12', { name: '12' }],
    ['FOOTMAN_COUNT', '12', { count: 12 }],
    ['FOOTMAN_COUNT', '-0.5', { count: -0.5 }],
    ['FOOTMAN_COUNT', '1e3', { count: '1e3' }],
    ['FOOTMAN_COUNT', 'Infinity', { count: 'Infinity' }],
    ['FOOTMAN_IS_OPEN', 'yes', { isOpen: true }],
    ['FOOTMAN_IS_OPEN', 'FALSE', { isOpen: false }],
    ['FOOTMAN_IS_OPEN', '0', { isOpen: false }],
    ['FOOTMAN_IS_OPEN', 'perhaps', { isOpen: 'perhaps' }],
    ['FOOTMAN_TAGS', 'a, b,,c ', { tags: ['a', 'b', 'c'] }],
    ['FOOTMAN_TAGS', '["a, b", c]', { tags: ['a, b', 'c'] }],
    ['FOOTMAN_TAGS', '[]', { tags: [] }],
    ['FOOTMAN_PORTS', '80,443', { ports: [80, 443] }],
    ['FOOTMAN_ENV', '{ "A": "b" }', { env: { A: 'b' } }],
    ['FOOTMAN_ENV', 'A: b', { env: { A: 'b' } }],
    ['FOOTMAN_INNER_ROOMS', '- name: hall', { inner: { rooms: [{ name: 'hall' }] } }],
    ['FOOTMAN_NAME', '', {}],
  ])('%s=%s: %j', (name, text, input) => {
    expect(read({ [name]: text }).layer.input).toEqual(input)
  })

  it('nothing, and a problem, when it is no YAML', () => {
    const { layer, problems } = read({ FOOTMAN_ENV: '{ A: b' })
    expect(layer.input).toEqual({})
    expect(problems).toMatchObject([{ where: 'variable FOOTMAN_ENV', path: 'env' }])
  })
})

describe("the agent's variables", () => {
  const variables = variablesOf(shapeOf(agentConfigSchema), 'FOOTMAN')
  const names = variables.map(({ name }) => name)

  it('are named after the settings', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'FOOTMAN_CONTROLLER_URL',
        'FOOTMAN_CONTROLLER_CA_FILE',
        'FOOTMAN_CONTAINER_KEEP_IDLE',
        'FOOTMAN_TEMPLATES',
        'FOOTMAN_TRANSPORT',
        'FOOTMAN_POLICY_ON_BATTERY',
      ]),
    )
  })

  it('are all different', () => {
    expect(new Set(names).size).toBe(names.length)
  })
})
