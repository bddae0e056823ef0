import { describe, expect, it } from 'vitest'
import { agentConfigSchema } from '../../../agent/config/schema.ts'
import { type Shape, shapeOf } from '../../../core/config/shape.ts'

const controller = { url: 'https://jenkins.example/', user: 'ann', token: 'env:TOKEN' }

const messages = (input: object) =>
  agentConfigSchema.safeParse({ controller, ...input }).error?.issues.map(({ message }) => message) ?? []

it('needs no more than the controller', () => {
  const config = agentConfigSchema.parse({ controller })
  expect(config.container.keepIdle).toBe(60_000)
  expect(config.templates).toMatchObject([{ name: 'default', size: { cpus: 1, memoryBytes: 2 * 2 ** 30 } }])
  expect(config.poll).toEqual({ idle: 10_000, busy: 1000 })
  expect(config.policy.hours).toEqual([])
})

it('explains every setting', () => {
  const unexplained = (shape: Shape, path: string): string[] => {
    if (shape.kind === 'section')
      return [...shape.keys].flatMap(([key, inner]) => unexplained(inner, `${path}.${key}`))
    if (shape.kind === 'list' && shape.item.kind === 'section') return unexplained(shape.item, `${path}[]`)
    return shape.description ? [] : [path]
  }
  expect(unexplained(shapeOf(agentConfigSchema), '')).toEqual([])
})

it('keeps secret what may be one', () => {
  const secrets = (shape: Shape, path: string): string[] => {
    const inside =
      shape.kind === 'section'
        ? [...shape.keys].flatMap(([key, inner]) => secrets(inner, `${path}.${key}`))
        : []
    return [...(shape.secret ? [path] : []), ...inside]
  }
  expect(secrets(shapeOf(agentConfigSchema), '')).toEqual(['.controller.token', '.dockerSsh.key'])
})

describe('refuses', () => {
  it.each([
    [{ controller: { ...controller, url: 'jenkins.example' } }, 'expected the root URL'],
    [{ controller: { ...controller, url: 'ssh://jenkins.example' } }, 'expected the root URL'],
    [
      { controller: { ...controller, url: 'https://ann:pass@jenkins.example/' } },
      'without user and password',
    ],
    [{ controller: { ...controller, token: '11abcdef' } }, 'expected file:PATH, env:NAME or stdin'],
    [{ controller: { ...controller, token: 'env:NOT A NAME' } }, 'expected file:PATH, env:NAME or stdin'],
    [{ controller: { ...controller, timeout: '1ms' } }, 'expected at least 100ms'],
    [{ machine: { name: 'two words' } }, 'expected letters'],
    [{ machine: { memory: 'much' } }, 'expected a size such as 512M or 8G'],
    [{ machine: { features: ['a||b'] } }, 'expected a label'],
    [{ machine: { features: ['a->b'] } }, 'expected a label'],
    [{ templates: [{ name: 'Upper' }] }, 'expected lower-case letters'],
    [{ templates: [{ name: 'a', size: '2 CPUs' }] }, 'expected a size such as 2CPU4G'],
    [{ templates: [{ name: 'a', size: '4cpu8g' }] }, 'expected a size such as 2CPU4G'],
    [{ templates: [{ name: 'a', env: { 'A B': 'x' } }] }, 'Invalid key'],
    [{ templates: [{ name: 'a', extraHosts: ['alone'] }] }, 'expected name:address'],
    [{ container: { keepIdle: '1 minute' } }, 'expected a duration such as 90s'],
    [{ container: { keepIdle: 60 } }, 'expected a duration such as 90s'],
    [{ container: { capabilities: ['cap_chown'] } }, 'expected a capability'],
    [{ policy: { hours: ['18:00-25:00'] } }, 'expected e.g. "18:00-08:00"'],
    [{ policy: { hours: ['Mon-Fry 18:00-08:00'] } }, 'expected e.g. "18:00-08:00"'],
    [{ poll: { busy: '1ms' } }, 'expected at least 50ms'],
  ])('%j', (input, message) => {
    const found = messages(input)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(message)
  })
})

it.each([
  [{ machine: { memory: '8G', features: ['office-network', 'jdk21'], name: 'laptop_ann.7' } }],
  [
    {
      templates: [
        {
          name: 'a',
          size: '0.5CPU512M',
          env: { HTTP_PROXY: 'x' },
          extraHosts: ['a.b:host-gateway', 'c:::1'],
        },
      ],
    },
  ],
  [{ policy: { hours: ['18:00-08:00', 'Mon-Fri 18:00-24:00', 'sun 00:00-24:00'], maxLoad: 0.7 } }],
  [
    {
      controller: {
        ...controller,
        url: 'http://127.0.0.1:8080/jenkins',
        token: 'stdin',
        agentUrl: 'http://x:1/',
      },
    },
  ],
])('takes %j', (input) => {
  expect(messages(input)).toEqual([])
})
