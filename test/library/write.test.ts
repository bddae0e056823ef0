import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compareLibrary } from '../../library/compare.ts'
import type { PlannedFile } from '../../library/desk.ts'
import { hashOf, manifestPath } from '../../library/manifest.ts'
import { writeLibrary } from '../../library/write.ts'
import { tempDir } from '../support/temp-dir.ts'

type Files = Readonly<Record<string, string>>

function planOf(files: Files, yields: readonly string[] = []) {
  const planned = Object.entries(files).map(
    ([path, content]): PlannedFile => ({ path, content, ...(yields.includes(path) && { yields: true }) }),
  )
  return { files: planned, configHash: hashOf(JSON.stringify(files)) }
}

async function generate(
  root: string,
  files: Files,
  options: { force?: boolean; yields?: readonly string[] } = {},
) {
  const plan = planOf(files, options.yields)
  const force = options.force ?? false
  const comparison = compareLibrary(root, plan, { ignoreDamage: force })
  await writeLibrary({
    root,
    plan,
    comparison,
    version: '1.0.0',
    force,
    signal: new AbortController().signal,
  })
  return comparison
}

const drifts = async (root: string, files: Files) =>
  compareLibrary(root, planOf(files)).differences.map(({ path, drift, isEdited }) => [path, drift, isEdited])

/** Every file below a folder with its content. */
async function contents(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(
    files.map(async (file) => [file.slice(root.length + 1), await readFile(file, 'utf8')] as const),
  )
  return Object.fromEntries(texts.filter(([path]) => path !== manifestPath).toSorted())
}

async function put(root: string, path: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), content)
}

const first = { 'vars/a.groovy': 'a1\n', 'vars/a.txt': 'help\n', 'docs/deep/er/a.md': 'doc\n' }

it('writes what is missing, and nothing at all the second time', async () => {
  const root = await tempDir()
  await generate(root, first)
  expect(await contents(root)).toEqual(first)
  const past = new Date('2001-02-03T04:05:06Z')
  const everything = [...Object.keys(first), manifestPath, 'vars', '.footman', '.'].map((path) =>
    join(root, path),
  )
  for (const path of everything) await utimes(path, past, past)
  await generate(root, first)
  for (const path of everything) expect((await stat(path)).mtime, path).toEqual(past)
})

it('replaces what settings or versions changed, and removes what it made and wants no longer, with empty folders', async () => {
  const root = await tempDir()
  await generate(root, first)
  await put(root, 'vars/byHand.groovy', 'mine\n')
  const second = { 'vars/a.groovy': 'a2\n', 'vars/b.groovy': 'b\n' }
  expect(await drifts(root, second)).toEqual([
    ['docs/deep/er/a.md', 'orphaned', false],
    ['vars/a.groovy', 'outdated', false],
    ['vars/a.txt', 'orphaned', false],
    ['vars/b.groovy', 'missing', false],
  ])
  await generate(root, second)
  expect(await contents(root)).toEqual({ ...second, 'vars/byHand.groovy': 'mine\n' })
  expect(await readdir(root)).toEqual(['.footman', 'vars'])
})

describe('what somebody changed', () => {
  it('is refused before anything is written, and overwritten by force', async () => {
    const root = await tempDir()
    await generate(root, first)
    await put(root, 'vars/a.groovy', 'mine\n')
    await put(root, 'vars/new.groovy', 'mine too\n')
    const second = {
      ...first,
      'vars/a.groovy': 'a2\n',
      'vars/new.groovy': 'new\n',
      'vars/other.groovy': 'other\n',
    }
    const before = await contents(root)
    await expect(generate(root, second)).rejects.toThrow(
      /changed by somebody.*:\n {2}vars\/a.groovy\n {2}vars\/new.groovy \(not written by footman\)/,
    )
    expect(await contents(root)).toEqual(before)
    await generate(root, second, { force: true })
    expect(await contents(root)).toEqual(second)
  })

  it('counts when it would be removed, too', async () => {
    const root = await tempDir()
    await generate(root, first)
    await put(root, 'vars/a.txt', 'mine\n')
    const { 'vars/a.txt': _, ...second } = first
    expect(await drifts(root, second)).toEqual([['vars/a.txt', 'orphaned', true]])
    await expect(generate(root, second)).rejects.toThrow('vars/a.txt')
    await generate(root, second, { force: true })
    expect(await contents(root)).toEqual(second)
  })

  it('does not matter when it is just what would be written', async () => {
    const root = await tempDir()
    await put(root, 'vars/a.groovy', 'a1\n')
    await generate(root, first)
    expect(await contents(root)).toEqual(first)
  })

  it('stays for ever where the file is optional', async () => {
    const root = await tempDir()
    await put(root, '.gitattributes', 'mine\n')
    const files = { ...first, '.gitattributes': 'ours\n' }
    expect((await generate(root, files, { yields: ['.gitattributes'] })).left).toEqual(['.gitattributes'])
    expect(await contents(root)).toMatchObject({ '.gitattributes': 'mine\n' })
    await generate(root, first, { force: true })
    expect(await contents(root)).toMatchObject({ '.gitattributes': 'mine\n' })
  })
})

it('what was removed by hand is made again', async () => {
  const root = await tempDir()
  await generate(root, first)
  await rm(join(root, 'vars'), { recursive: true })
  expect(await drifts(root, first)).toEqual([
    ['vars/a.groovy', 'missing', false],
    ['vars/a.txt', 'missing', false],
  ])
  await generate(root, first)
  expect(await contents(root)).toEqual(first)
})

describe('a run that was killed', () => {
  it('is finished by the next one, also with other settings', async () => {
    const root = await tempDir()
    await generate(root, first)
    const second = { 'vars/a.groovy': 'a2\n', 'vars/b.groovy': 'b2\n', 'vars/c.groovy': 'c2\n' }
    const third = { 'vars/a.groovy': 'a3\n', 'vars/c.groovy': 'c3\n' }
    const plan = planOf(second)
    const comparison = compareLibrary(root, plan)
    const stop = new AbortController()
    stop.abort(new Error('killed'))
    const killed = writeLibrary({ root, plan, comparison, version: '1', force: false, signal: stop.signal })
    await expect(killed).rejects.toThrow('killed')
    // As far as it came: one file is new, one removed, one still old.
    await put(root, 'vars/a.groovy', 'a2\n')
    await put(root, 'vars/b.groovy', 'b2\n')
    await rm(join(root, 'vars/a.txt'))
    await generate(root, third)
    expect(await contents(root)).toEqual(third)
  })

  it('leaves no half file: what is written has its name only when it is whole', async () => {
    const root = await tempDir()
    await generate(root, first)
    const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.tmp'))
    expect(names).toEqual([])
  })
})

describe('places that are no places for files', () => {
  it.each([
    [
      'a linked folder',
      async (root: string, away: string) => symlink(away, join(root, 'vars')),
      'vars is a symbolic link',
    ],
    [
      'a linked file',
      async (root: string, away: string) => {
        await mkdir(join(root, 'vars'))
        await symlink(join(away, 'target'), join(root, 'vars/a.groovy'))
      },
      'a.groovy is a symbolic link',
    ],
    [
      'a folder in place of a file',
      async (root: string) => mkdir(join(root, 'vars/a.groovy'), { recursive: true }),
      'a.groovy is not a file',
    ],
    [
      'a file in place of a folder',
      async (root: string) => writeFile(join(root, 'vars'), ''),
      'vars is not a folder',
    ],
    [
      'a name in other capitals',
      async (root: string) => put(root, 'vars/A.groovy', 'x'),
      'A.groovy is in the way of a.groovy',
    ],
    [
      'a folder in other capitals',
      async (root: string) => put(root, 'Vars/x', 'x'),
      'Vars is in the way of vars',
    ],
    [
      'a linked folder for the manifest',
      async (root: string, away: string) => symlink(away, join(root, '.footman')),
      '.footman is a symbolic link',
    ],
  ])('%s is refused, by force too', async (_, prepare, message) => {
    const [root, away] = [await tempDir(), await tempDir()]
    await writeFile(join(away, 'target'), 'not ours\n')
    await prepare(root, away)
    for (const force of [false, true]) await expect(generate(root, first, { force })).rejects.toThrow(message)
    expect(await contents(away)).toEqual({ target: 'not ours\n' })
  })
})

describe('a manifest that somebody wrote', () => {
  const evil = [
    '../outside',
    '/etc/passwd',
    'a/../../outside',
    '.git/config',
    'vars/.git/hooks/x',
    'C:\\x',
    'a\nb',
    '',
  ]

  it('leads nowhere outside of the library', async () => {
    const folder = await tempDir()
    const root = join(folder, 'library')
    await put(folder, 'outside', 'not ours\n')
    await put(root, '.git/config', 'not ours\n')
    await generate(root, first)
    const manifest = JSON.parse(await readFile(join(root, manifestPath), 'utf8'))
    for (const path of evil) manifest.files[path] = hashOf('not ours\n')
    await writeFile(join(root, manifestPath), JSON.stringify(manifest))
    const { dropped } = await generate(root, {})
    expect(dropped.toSorted()).toEqual(evil.toSorted())
    expect(await readFile(join(folder, 'outside'), 'utf8')).toBe('not ours\n')
    expect(await contents(root)).toEqual({ '.git/config': 'not ours\n' })
  })

  it('removes nothing through a linked folder', async () => {
    const [root, away] = [await tempDir(), await tempDir()]
    await generate(root, first)
    await rm(join(root, 'docs'), { recursive: true })
    await put(away, 'deep/er/a.md', 'doc\n')
    await symlink(away, join(root, 'docs'))
    await expect(generate(root, {})).rejects.toThrow('docs is a symbolic link')
    expect(await contents(away)).toEqual({ 'deep/er/a.md': 'doc\n' })
  })

  it.each([
    ['no JSON', '{', 'is damaged'],
    ['of another shape', '{"schema":1,"files":[]}', 'is damaged'],
    ['with a broken hash', `{"schema":1,"version":"1","config":"x","files":{}}`, 'is damaged'],
    ['of a newer footman', '{"schema":2}', 'was written by a newer footman'],
  ])('%s stops everything, and force starts anew without removing anything', async (_, text, message) => {
    const root = await tempDir()
    await generate(root, first)
    await writeFile(join(root, manifestPath), text)
    await expect(generate(root, {})).rejects.toThrow(message)
    await generate(root, { 'vars/b.groovy': 'b\n' }, { force: true })
    expect(await contents(root)).toEqual({ ...first, 'vars/b.groovy': 'b\n' })
  })
})

it('the manifest names version, settings and the hash of every file, in order', async () => {
  const root = await tempDir()
  await generate(root, first)
  const text = await readFile(join(root, manifestPath), 'utf8')
  expect(text.endsWith('}\n')).toBe(true)
  expect(JSON.parse(text)).toEqual({
    schema: 1,
    version: '1.0.0',
    config: hashOf(JSON.stringify(first)),
    files: Object.fromEntries(Object.entries(first).map(([path, content]) => [path, hashOf(content)])),
  })
})
