import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { describeConfig, formatConfig } from '../../../core/config/describe.ts'
import { loadConfig } from '../../../core/config/load.ts'
import { secretReference } from '../../../core/config/secret-reference.ts'
import { tempDir } from '../../support/temp-dir.ts'

const schema = z.strictObject({
  url: z.string(),
  token: secretReference,
  wait: z
    .string()
    .transform((text) => text.length)
    .prefault('10s'),
  tags: z.array(z.string()).default([]),
  note: z.string().optional(),
  rooms: z
    .array(
      z.strictObject({
        name: z.string(),
        size: z.string().default('small'),
        env: z.record(z.string(), z.string()).default({}),
      }),
    )
    .prefault([{ name: 'hall' }]),
})

async function rows(yaml: string, env: Record<string, string> = {}, flags = {}) {
  const dir = await tempDir()
  const file = join(dir, 'test.yaml')
  await writeFile(file, yaml)
  const loaded = await loadConfig({
    schema,
    fileName: 'test.yaml',
    search: [dir],
    env,
    flags,
    exampleCommand: 'footman example',
  })
  return describeConfig(loaded).map((row) => ({ ...row, source: row.source.replace(dir, '') }))
}

it('tells every setting as a person would write it, with where it comes from', async () => {
  const yaml =
    'url: x\ntoken: file:~/token\nrooms:\n  - name: a\n    env:\n      A: b\n  - size: large\n    name: b\n'
  expect(await rows(yaml, { FOOTMAN_TAGS: 'a,b' }, { note: 'hello' })).toEqual([
    { path: 'url', value: 'x', source: 'file /test.yaml:1' },
    { path: 'token', value: 'file:~/token', source: 'file /test.yaml:2' },
    { path: 'wait', value: '10s', source: 'default' },
    { path: 'tags', value: ['a', 'b'], source: 'variable FOOTMAN_TAGS' },
    { path: 'note', value: 'hello', source: 'flag' },
    { path: 'rooms[0].name', value: 'a', source: 'file /test.yaml:4' },
    { path: 'rooms[0].size', value: 'small', source: 'default' },
    { path: 'rooms[0].env.A', value: 'b', source: 'file /test.yaml:6' },
    { path: 'rooms[1].name', value: 'b', source: 'file /test.yaml:8' },
    { path: 'rooms[1].size', value: 'large', source: 'file /test.yaml:7' },
    { path: 'rooms[1].env', value: {}, source: 'default' },
  ])
})

it('says of a list from a variable that nothing in it comes from the file', async () => {
  const described = await rows('url: x\ntoken: stdin\nrooms: [{ name: a, size: large }]\n', {
    FOOTMAN_ROOMS: '[{ name: b }]',
  })
  expect(described.filter(({ path }) => path.startsWith('rooms'))).toEqual([
    { path: 'rooms[0].name', value: 'b', source: 'variable FOOTMAN_ROOMS' },
    { path: 'rooms[0].size', value: 'small', source: 'default' },
    { path: 'rooms[0].env', value: {}, source: 'default' },
  ])
})

it('shows only the reference to a secret, and no password of a URL', async () => {
  const described = await rows('url: https://ann:hunter2@a.example/\ntoken: env:TOKEN\n', {
    TOKEN: 'hunter2',
  })
  expect(formatConfig(described)).toContain('env:TOKEN')
  expect(formatConfig(described) + JSON.stringify(described)).not.toContain('hunter2')
})

it('prints one setting a line', async () => {
  const text = formatConfig(await rows('url: x\ntoken: stdin\ntags: [a, b]\n'))
  expect(text.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
    'SETTING VALUE FROM',
    'url x file /test.yaml:1',
    'token stdin file /test.yaml:2',
    'wait 10s default',
    'tags a, b file /test.yaml:3',
    'note - default',
    'rooms[0].name hall default',
    'rooms[0].size small default',
    'rooms[0].env {} default',
    '',
  ])
})
