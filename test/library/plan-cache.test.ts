import { appendFile, chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { exitCodes } from '../../core/errors.ts'
import { tempDir } from '../support/temp-dir.ts'
import { type Folder, folderWith } from './library-cli.ts'

const yaml = "steps: ['withEatMyData']\nextends: [preset.yaml]\noverrides: mine\n"
const vars = 'vars/withEatMyData.txt'

interface Stage {
  folder: Folder
  cache: string
  generate(env?: Readonly<Record<string, string>>): Promise<void>
  /** Whether a plan of last time was used: a stored plan is not written again. */
  isStored(): Promise<boolean>
}

async function stage(): Promise<Stage> {
  const folder = await folderWith({
    'footman-library.yaml': yaml,
    'preset.yaml': 'library: { name: one }\n',
    'mine/help/step.txt.hbs': 'First {{name}}\n',
  })
  const cache = await tempDir()
  const plans = join(cache, 'footman/library')
  const generate = async (env: Readonly<Record<string, string>> = {}) => {
    const call = folder.with({ env: { XDG_CACHE_HOME: cache, ...env } })
    const { exitCode, stderr } = await call('generate')
    if (exitCode !== exitCodes.ok) throw new Error(stderr)
  }
  return {
    folder,
    cache: plans,
    generate,
    async isStored() {
      const [name = ''] = await readdir(plans)
      const past = new Date('2001-01-01T00:00:00Z')
      await utimes(join(plans, name), past, past)
      await generate()
      return (await stat(join(plans, name))).mtime.getTime() === past.getTime()
    },
  }
}

const text = ({ folder }: Stage, path = vars) => readFile(join(folder.path, path), 'utf8')

it('a plan is made once, as long as nothing that it was made of changes', async () => {
  const scene = await stage()
  await scene.generate()
  expect(await readdir(scene.cache)).toHaveLength(1)
  expect(await scene.isStored()).toBe(true)
  await rm(join(scene.folder.path, 'vars'), { recursive: true })
  await scene.generate()
  expect(await text(scene)).toBe('First withEatMyData\n')
})

it.each<[string, (scene: Stage) => Promise<void>, string, string]>([
  [
    'the settings',
    ({ folder }) => appendFile(join(folder.path, 'footman-library.yaml'), 'prefix: acme\n'),
    'vars/acmeWithEatMyData.txt',
    'First acmeWithEatMyData\n',
  ],
  [
    'a file that they begin from',
    ({ folder }) => folder.write('preset.yaml', 'library: { name: two }\n'),
    'examples/withEatMyData.Jenkinsfile',
    "@Library('two') _",
  ],
  [
    'a template of the user',
    ({ folder }) => folder.write('mine/help/step.txt.hbs', 'Second {{name}}\n'),
    vars,
    'Second withEatMyData\n',
  ],
  [
    'a further template of the user',
    ({ folder }) => folder.write('mine/help/withEatMyData.txt.hbs', 'Own {{name}}\n'),
    vars,
    'Own withEatMyData\n',
  ],
])('a change of %s is seen', async (_, change, path, wanted) => {
  const scene = await stage()
  await scene.generate()
  await change(scene)
  await scene.generate()
  expect(await text(scene, path)).toContain(wanted)
})

it('a variable is seen, and so is a nearer configuration', async () => {
  const scene = await stage()
  await scene.generate()
  await scene.generate({ FOOTMAN_LIBRARY_PREFIX: 'acme' })
  expect(await text(scene, 'vars/acmeWithEatMyData.txt')).toContain('acmeWithEatMyData')
  await scene.folder.write('below/footman-library.yaml', "steps: ['withEatMyData']\n")
  const below = scene.folder.with({
    cwd: join(scene.folder.path, 'below'),
    env: { XDG_CACHE_HOME: join(scene.cache, '../..') },
  })
  expect((await below('generate')).stdout).toContain('wrote vars/withEatMyData.txt')
})

it('a stored plan that is damaged is made anew', async () => {
  const scene = await stage()
  await scene.generate()
  const [name = ''] = await readdir(scene.cache)
  for (const damage of ['{', '[]', '{"plan":{"files":1},"root":"/","madeOf":{}}']) {
    await writeFile(join(scene.cache, name), damage)
    await scene.generate()
    expect(JSON.parse(await readFile(join(scene.cache, name), 'utf8')).root).toBe(scene.folder.path)
  }
})

it('warnings are said again', async () => {
  const { folder } = await stage()
  const env = { XDG_CACHE_HOME: await tempDir(), FOOTMAN_LIBRARY_PREFX: 'x' }
  for (let time = 0; time < 2; time++) {
    expect((await folder.with({ env })('check')).stderr).toContain('did you mean FOOTMAN_LIBRARY_PREFIX?')
  }
})

it('a settings file that is wrong is never stored', async () => {
  const scene = await stage()
  await appendFile(join(scene.folder.path, 'footman-library.yaml'), 'prefx: x\n')
  await expect(scene.generate()).rejects.toThrow('prefx')
  expect(await readdir(scene.cache)).toEqual([])
})

it('without a place to keep plans everything works the same', async () => {
  const { folder } = await stage()
  const blocked = await tempDir()
  await writeFile(join(blocked, 'footman'), 'a file in the way\n')
  for (const env of [{}, { XDG_CACHE_HOME: blocked }]) {
    expect((await folder.with({ env })('generate', '--force')).exitCode).toBe(exitCodes.ok)
  }
})

it('old plans are removed, the newest twenty kept', async () => {
  const scene = await stage()
  await mkdir(scene.cache, { recursive: true })
  await chmod(scene.cache, 0o700)
  for (let index = 0; index < 25; index++) {
    const path = join(scene.cache, `${index}.json`)
    await writeFile(path, '{}')
    await utimes(path, index, index)
  }
  await scene.generate()
  const names = await readdir(scene.cache)
  expect(names).toHaveLength(20)
  expect(names).toContain('24.json')
  expect(names).not.toContain('5.json')
})
