import { describe, expect, it } from 'vitest'
import { type Shape, shapeOf } from '../../../core/config/shape.ts'
import { Secret } from '../../../core/secret.ts'
import { settingsOf } from '../../../jenkins/config/load.ts'
import { controllerConfigSchema } from '../../../jenkins/config/schema.ts'

const messages = (input: object) =>
  controllerConfigSchema.safeParse(input).error?.issues.map(({ message }) => message) ?? []

it('needs nothing, and is safe by default', () => {
  const settings = settingsOf(controllerConfigSchema.parse({}), undefined)
  expect(settings).toMatchObject({
    name: 'jenkins',
    image: 'jenkins/jenkins:lts-jdk21',
    home: 'jenkins_home',
    ports: { http: 8080, agents: 50_000 },
    account: undefined,
    backups: { store: 'jenkins_backups', keep: 5, keepMs: 30 * 86_400_000, verify: true },
    upgrade: { rehearsal: true, quiesce: { policy: 'wait', deadlineMs: 30 * 60_000 }, stopGraceMs: 120_000 },
  })
})

it('names the backups after the container', () => {
  expect(settingsOf(controllerConfigSchema.parse({ name: 'ci' }), undefined).backups.store).toBe('ci_backups')
})

it('has an account only with its token', () => {
  const config = controllerConfigSchema.parse({ account: { user: 'ann', token: 'env:TOKEN' } })
  const settings = settingsOf(config, new Secret('11aabb'))
  expect(settings.account?.token.reveal()).toBe('11aabb')
  expect(JSON.stringify(settings)).not.toContain('11aabb')
})

it('explains every setting', () => {
  const unexplained = (shape: Shape, path: string): string[] => {
    if (shape.kind === 'section')
      return [...shape.keys].flatMap(([key, inner]) => unexplained(inner, `${path}.${key}`))
    if (shape.kind === 'list' && shape.item.kind === 'section') return unexplained(shape.item, `${path}[]`)
    return shape.description ? [] : [path]
  }
  expect(unexplained(shapeOf(controllerConfigSchema), '')).toEqual([])
})

describe('refuses', () => {
  it.each([
    [{ name: '-x' }, 'expected letters, digits'],
    [{ image: 'Jenkins Jenkins' }, 'expected an image such as'],
    [{ image: 'jenkins/jenkins@sha256:12' }, 'expected an image such as'],
    [{ home: './home' }, 'expected the name of a volume, or the absolute path'],
    [{ home: '/' }, 'expected the name of a volume, or the absolute path'],
    [{ home: '/srv/a:b' }, 'without colons'],
    [{ ports: { http: 0 } }, 'Too small'],
    [{ ports: { bind: 'localhost' } }, 'expected an IP address'],
    [{ memory: 'much' }, 'expected a size such as 2G'],
    [{ timeZone: 'Berlin' }, 'expected a time zone'],
    [{ env: { 'A B': 'x' } }, 'Invalid key'],
    [{ account: { user: 'ann', token: '11abcdef' } }, 'expected file:PATH, env:NAME or stdin'],
    [{ backups: { keep: 0 } }, 'Too small'],
    [{ backups: { keepFor: '1 month' } }, 'expected a duration'],
    [{ upgrade: { stopGrace: '1ms' } }, 'expected at least 1s'],
    [{ upgrade: { quiesce: { policy: 'hope' } } }, 'Invalid option'],
    [{ notify: { webhooks: [{ url: 'chat.example' }] } }, 'expected a URL'],
    [{ notify: { webhooks: [{ url: 'https://ann:pass@chat.example/' }] } }, 'without user and password'],
    [
      { notify: { webhooks: [{ url: 'https://chat.example/', headers: { Authorization: 'Bearer 1' } }] } },
      'plain secrets do not belong into settings',
    ],
    [
      { notify: { webhooks: [{ url: 'https://chat.example/', headers: { 'X-A': 'a\r\nX-B: b' } }] } },
      'expected one line',
    ],
  ])('%j', (input, message) => {
    const found = messages(input)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(message)
  })
})

it.each([
  [
    {
      name: 'ci_2.a-b',
      image: 'registry.example.com:5000/team/jenkins:2.516.3-lts',
      home: '/srv/jenkins home',
    },
  ],
  [{ image: `jenkins/jenkins:lts@sha256:${'0'.repeat(64)}`, ports: { bind: '::1' } }],
  [{ timeZone: 'America/Argentina/Buenos_Aires', memory: '1.5G' }],
  [
    {
      notify: {
        webhooks: [
          { url: 'file:~/hook', headers: { Authorization: 'env:CHAT_TOKEN', 'X-Team': 'builds' } },
          { url: 'http://127.0.0.1:8/x?y=z', template: '{}' },
        ],
        on: ['up-to-date'],
      },
    },
  ],
])('takes %j', (input) => {
  expect(messages(input)).toEqual([])
})
