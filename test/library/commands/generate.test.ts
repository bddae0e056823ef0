import { appendFile, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../core/errors.ts'
import { folderWith } from '../library-cli.ts'

const small = "steps: ['withEatMyData']\n"

describe('init', () => {
  it('writes a commented file once, and never again', async () => {
    const folder = await folderWith()
    const first = await folder.footman('init')
    expect(first).toMatchObject({ exitCode: exitCodes.ok, stdout: '' })
    expect(first.stderr).toContain('footman library generate')
    const path = join(folder.path, 'footman-library.yaml')
    const text = await readFile(path, 'utf8')
    expect((await folder.footman('init', '--print')).stdout).toBe(text)
    await appendFile(path, '# mine\n')
    const second = await folder.footman('init')
    expect(second).toMatchObject({ exitCode: exitCodes.failed })
    expect(second.stderr).toContain('is there already')
    expect(await readFile(path, 'utf8')).toBe(`${text}# mine\n`)
  })

  it('only says so with --dry-run', async () => {
    const folder = await folderWith()
    expect((await folder.footman('init', '--dry-run')).stdout).toBe(
      `write ${folder.path}/footman-library.yaml\n`,
    )
    await expect(stat(join(folder.path, 'footman-library.yaml'))).rejects.toThrow('ENOENT')
  })
})

describe('generate and check', () => {
  it('init, generate, check: all is well; one byte more: exit 5 and the name of the file', async () => {
    const folder = await folderWith()
    await folder.footman('init')
    const generated = await folder.footman('generate')
    expect(generated.exitCode).toBe(exitCodes.ok)
    expect(generated.stdout).toContain('wrote vars/withEatMyData.groovy\n')
    expect(await folder.footman('check')).toMatchObject({ exitCode: exitCodes.ok, stdout: '' })
    await appendFile(join(folder.path, 'vars/withEatMyData.groovy'), ' ')
    const drifted = await folder.footman('check')
    expect(drifted.exitCode).toBe(exitCodes.drift)
    expect(drifted.stdout).toBe('drifted  vars/withEatMyData.groovy  changed by somebody\n')
  })

  it('warns of symbolic links, for which Jenkins would refuse all of it', async () => {
    const folder = await folderWith({ 'footman-library.yaml': small, '.git/hooks/x': '', 'tools/real': '' })
    await folder.footman('generate')
    await symlink('real', join(folder.path, 'tools/link'))
    await symlink('x', join(folder.path, '.git/hooks/link'))
    const { exitCode, stderr } = await folder.footman('check')
    expect(exitCode).toBe(exitCodes.ok)
    expect(stderr.match(/warning: .* is a symbolic link/g)).toEqual([
      'warning: tools/link is a symbolic link',
    ])
  })

  it('says nothing on stdout when there is nothing to do', async () => {
    const folder = await folderWith({ 'footman-library.yaml': small })
    await folder.footman('generate')
    const again = await folder.footman('generate')
    expect(again).toMatchObject({ exitCode: exitCodes.ok, stdout: '' })
    expect(again.stderr).toContain('nothing to do')
  })

  it('tells missing, drifted and orphaned files apart, as JSON too', async () => {
    const folder = await folderWith({ 'footman-library.yaml': small })
    await folder.footman('generate')
    await folder.write('footman-library.yaml', `${small}prefix: acme\n`)
    const { exitCode, stdout } = await folder.footman('check', '--json')
    expect(exitCode).toBe(exitCodes.drift)
    const { differences } = JSON.parse(stdout)
    expect(differences).toContainEqual({
      path: 'vars/acmeWithEatMyData.txt',
      drift: 'missing',
      isEdited: false,
    })
    expect(differences).toContainEqual({ path: 'vars/withEatMyData.txt', drift: 'orphaned', isEdited: false })
    expect(differences).toContainEqual({ path: 'docs/README.md', drift: 'outdated', isEdited: false })
    const generated = await folder.footman('generate')
    expect(generated.stdout).toContain('removed vars/withEatMyData.txt\n')
    expect((await folder.footman('check')).exitCode).toBe(exitCodes.ok)
  })

  it('refuses to overwrite a changed file without --force', async () => {
    const folder = await folderWith({ 'footman-library.yaml': small })
    await folder.footman('generate')
    await folder.write('vars/withEatMyData.txt', 'mine\n')
    const refused = await folder.footman('generate')
    expect(refused.exitCode).toBe(exitCodes.failed)
    expect(refused.stderr).toContain('vars/withEatMyData.txt')
    expect((await folder.footman('generate', '--force')).stdout).toBe('wrote vars/withEatMyData.txt\n')
  })

  it('writes nothing with --dry-run, only what it would', async () => {
    const folder = await folderWith({ 'footman-library.yaml': small })
    const { stdout } = await folder.footman('generate', '--dry-run')
    expect(stdout).toContain('write vars/withEatMyData.groovy\n')
    await expect(stat(join(folder.path, 'vars'))).rejects.toThrow('ENOENT')
  })

  it('works from a folder below, and writes where the configuration says', async () => {
    const folder = await folderWith({
      'footman-library.yaml': `${small}output: build/library\n`,
      'a/b/c': '',
    })
    const below = folder.with({ cwd: join(folder.path, 'a/b') })
    expect((await below('generate')).exitCode).toBe(exitCodes.ok)
    await stat(join(folder.path, 'build/library/vars/withEatMyData.groovy'))
    expect((await folder.footman('check')).exitCode).toBe(exitCodes.ok)
  })

  it('needs a configuration, and says how to begin', async () => {
    const folder = await folderWith()
    for (const verb of ['generate', 'check', 'diff']) {
      const { exitCode, stderr } = await folder.footman(verb)
      expect(exitCode).toBe(exitCodes.usage)
      expect(stderr).toContain('hint: footman library init')
    }
  })
})

describe('settings', () => {
  it.each([
    ['prefx: x\n', 'prefx: unknown key; did you mean prefix?'],
    ['output: ../other\n', 'expected a folder below this file'],
    ['output: /etc\n', 'expected a folder below this file'],
    ['package: Acme\n', 'expected a package such as com.example.jenkins'],
    ['steps: [withEatMyDate]\n', 'did you mean withEatMyData?'],
    ['defaults: { withEatMyData: { require: 5 } }\n', 'must be true or false, but it is 5'],
    ['organisation: { images: { x: "A B" } }\n', 'expected an image such as debian:12'],
  ])('%j is refused with exit 2 and a word about it', async (yaml, message) => {
    const { exitCode, stderr } = await (await folderWith({ 'footman-library.yaml': yaml })).footman(
      'generate',
    )
    expect(exitCode).toBe(exitCodes.usage)
    expect(stderr).toContain(message)
  })

  it('begin from those of other files, which begin from others; the nearer wins, single images and defaults are joined', async () => {
    const folder = await folderWith({
      'org/base.yaml':
        'prefix: base\npackage: com.base.lib\norganisation: { images: { a: "base:1", b: "base:2" } }\n',
      'org/team.yaml': 'extends: [base.yaml]\nprefix: team\ndefaults: { withEatMyData: { flush: true } }\n',
      'lib/footman-library.yaml': `${small}extends: [../org/team.yaml]\norganisation: { images: { b: "own:3" } }\ndefaults: { withEatMyData: { require: false } }\n`,
    })
    const { exitCode } = await folder.with({ cwd: join(folder.path, 'lib') })('generate')
    expect(exitCode).toBe(exitCodes.ok)
    const groovy = await readFile(join(folder.path, 'lib/vars/teamWithEatMyData.groovy'), 'utf8')
    expect(groovy).toContain('import com.base.lib.StepCall')
    expect(groovy).toMatch(/require: \[.*fallback: false/)
    expect(groovy).toMatch(/flush: \[.*fallback: true/)
  })

  it('that lead back to themselves are refused', async () => {
    const folder = await folderWith({
      'a.yaml': 'extends: [b.yaml]\n',
      'b.yaml': 'extends: [a.yaml]\n',
      'footman-library.yaml': 'extends: [a.yaml]\n',
    })
    const { exitCode, stderr } = await folder.footman('generate')
    expect(exitCode).toBe(exitCodes.usage)
    expect(stderr).toContain('which leads back to itself')
  })

  it('in a file that is not there are missed by name', async () => {
    const folder = await folderWith({ 'footman-library.yaml': 'extends: [nowhere.yaml]\n' })
    expect((await folder.footman('generate')).stderr).toContain(
      `there is no file ${folder.path}/nowhere.yaml`,
    )
  })

  it('may be variables', async () => {
    const folder = await folderWith({ 'footman-library.yaml': small })
    const { stdout } = await folder.with({ env: { FOOTMAN_LIBRARY_PREFIX: 'acme' } })('generate')
    expect(stdout).toContain('wrote vars/acmeWithEatMyData.groovy')
    const { stderr } = await folder.with({ env: { FOOTMAN_LIBRARY_PREFX: 'acme' } })('generate')
    expect(stderr).toContain('did you mean FOOTMAN_LIBRARY_PREFIX?')
  })
})

describe('templates of the user', () => {
  const yaml = `${small}overrides: mine\n`

  it('take the place of ours', async () => {
    const folder = await folderWith({
      'footman-library.yaml': yaml,
      'mine/help/withEatMyData.txt.hbs': 'My {{name}}\n',
    })
    expect((await folder.footman('generate')).exitCode).toBe(exitCodes.ok)
    expect(await readFile(join(folder.path, 'vars/withEatMyData.txt'), 'utf8')).toBe('My withEatMyData\n')
  })

  it('that use what is not there are refused with file and line', async () => {
    const folder = await folderWith({
      'footman-library.yaml': yaml,
      'mine/help/step.txt.hbs': '\n{{nope}}\n',
    })
    const { exitCode, stderr } = await folder.footman('generate')
    expect(exitCode).toBe(exitCodes.usage)
    expect(stderr).toContain(`${folder.path}/mine/help/step.txt.hbs: line 2: nothing is called nope`)
  })

  it.each([
    'resources/withEatMyDate.sh',
    'vars/withEatMyDate.groovy.hbs',
    'vars/withEatMyData.txt.hbs',
    'note.txt',
  ])('that take the place of nothing are refused, so that a slip is seen: %s', async (name) => {
    const folder = await folderWith({ 'footman-library.yaml': yaml, [`mine/${name}`]: '' })
    const { exitCode, stderr } = await folder.footman('generate')
    expect(exitCode).toBe(exitCodes.usage)
    expect(stderr).toContain(`mine/${name} takes the place of no template`)
  })

  it('whose Groovy the sandbox would refuse are warned of', async () => {
    const folder = await folderWith({
      'footman-library.yaml': yaml,
      'mine/vars/withEatMyData.groovy.hbs':
        "def call(Map given = [:]) {\n    return 'ls'.execute().text\n}\n",
    })
    const { exitCode, stderr } = await folder.footman('generate')
    expect(exitCode).toBe(exitCodes.ok)
    const warnings = stderr.split('\n').filter((line) => line.startsWith('warning: '))
    expect(warnings).toEqual([
      'warning: vars/withEatMyData.groovy:2: .execute(: the sandbox does not start processes; use sh',
    ])
  })

  it('in a folder that is not there are missed', async () => {
    const { exitCode, stderr } = await (await folderWith({ 'footman-library.yaml': yaml })).footman(
      'generate',
    )
    expect(exitCode).toBe(exitCodes.usage)
    expect(stderr).toContain('overrides: cannot read the folder')
  })
})

describe('diff', () => {
  it('shows what generating would change, and nothing when nothing would', async () => {
    const folder = await folderWith({ 'footman-library.yaml': small })
    await folder.footman('generate')
    expect(await folder.footman('diff')).toMatchObject({ exitCode: exitCodes.ok, stdout: '' })
    await appendFile(join(folder.path, 'vars/withEatMyData.txt'), 'mine\n')
    const { stdout, exitCode } = await folder.footman('diff')
    expect(exitCode).toBe(exitCodes.ok)
    expect(stdout).toMatch(
      /^--- a\/vars\/withEatMyData.txt\n\+\+\+ b\/vars\/withEatMyData.txt\n@@[\s\S]*\n-mine\n$/,
    )
    expect(JSON.parse((await folder.footman('diff', '--json')).stdout).patches).toHaveLength(1)
  })
})
