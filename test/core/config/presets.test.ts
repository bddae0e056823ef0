import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { loadConfig } from '../../../core/config/load.ts'
import { tempDir } from '../../support/temp-dir.ts'

const schema = z.strictObject({
  extends: z.array(z.string()).default([]),
  size: z.number().optional(),
  place: z.strictObject({ city: z.string().optional(), street: z.string().optional() }).prefault({}),
  tags: z.array(z.string()).default([]),
  single: z.record(z.string(), z.number()).default({}),
  joined: z.record(z.string(), z.number()).default({}).meta({ merged: true }),
})

async function load(files: Readonly<Record<string, string>>, flags = {}) {
  const dir = await tempDir()
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  const loading = loadConfig({
    schema,
    fileName: 'own.yaml',
    search: [dir],
    env: {},
    flags,
    presets: true,
    exampleCommand: 'footman example',
  })
  return { dir, loading }
}

it('settings of several files are laid over each other, the own file last, flags over all', async () => {
  const { loading } = await load(
    {
      'own.yaml':
        'extends: [a.yaml, sub/b.yaml]\nplace: { street: own }\njoined: { y: 9 }\nsingle: { y: 9 }\n',
      'a.yaml':
        'size: 1\nplace: { city: a, street: a }\ntags: [a]\njoined: { x: 1, y: 1 }\nsingle: { x: 1 }\n',
      'sub/b.yaml': 'extends: [c.yaml]\nplace: { city: b }\n',
      'sub/c.yaml': 'size: 3\ntags: [c]\n',
    },
    { place: { street: 'flag' } },
  )
  const { value, file } = await loading
  expect(value).toMatchObject({
    size: 3,
    place: { city: 'b', street: 'flag' },
    tags: ['c'],
    single: { y: 9 },
    joined: { x: 1, y: 9 },
  })
  expect(file).toMatch(/own.yaml$/)
})

it('a problem is reported where it was written', async () => {
  const { dir, loading } = await load({
    'own.yaml': 'extends: [a.yaml]\nsize: 1\njoined: { x: 1 }\n',
    'a.yaml': '\nplace:\n  city: 5\njoined: { y: no number }\n',
  })
  await expect(loading).rejects.toThrow(`${dir}/a.yaml:3:9: place.city`)
  await expect(loading).rejects.toThrow(`${dir}/a.yaml:4:14: joined.y`)
})

it.each([
  [{ 'own.yaml': 'extends: [own.yaml]\n' }, 'extends own.yaml, which leads back to itself'],
  [
    { 'own.yaml': 'extends: [a.yaml]\n', 'a.yaml': 'extends: [b.yaml]\n', 'b.yaml': 'extends: [a.yaml]\n' },
    'b.yaml: extends a.yaml, which leads back to itself',
  ],
  [{ 'own.yaml': 'extends: [nowhere.yaml]\n' }, 'nowhere.yaml'],
  [{ 'own.yaml': 'extends: a.yaml\n' }, 'extends: expected a list'],
])('%j is refused', async (files, message) => {
  await expect((await load(files)).loading).rejects.toThrow(message)
})
