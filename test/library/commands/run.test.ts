import { EventEmitter } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../core/errors.ts'
import { shippedFile } from '../../../core/package.ts'
import { steps } from '../../../library/registry.ts'
import { folderWith } from '../library-cli.ts'

const env = { PATH: process.env.PATH }
const plainly = ['run', 'withEatMyData', '--param', 'require=false']

describe('list', () => {
  it('names every step, and its name in this library', async () => {
    const bare = await (await folderWith()).footman('list')
    for (const { name, summary } of steps)
      expect(bare.stdout).toMatch(new RegExp(`^${name} +${summary}$`, 'm'))
    const folder = await folderWith({ 'footman-library.yaml': "prefix: acme\nsteps: ['withEatMyData']\n" })
    const { stdout } = await folder.footman('list', '--json')
    const rows = JSON.parse(stdout)
    expect(rows.find(({ name }: { name: string }) => name === 'withEatMyData').inLibrary).toBe(
      'acmeWithEatMyData',
    )
    expect(rows.filter(({ inLibrary }: { inLibrary: unknown }) => inLibrary === null)).toHaveLength(
      steps.length - 1,
    )
  })
})

describe('show', () => {
  it('prints the help of a step, or a part of it', async () => {
    const folder = await folderWith()
    expect((await folder.footman('show', 'withEatMyData')).stdout).toContain('PARAMETERS\n  command - ')
    expect((await folder.footman('show', 'withEatMyData', '--part', 'shell')).stdout).toMatch(
      /^#!\/usr\/bin\/env bash\n/,
    )
    expect((await folder.footman('show', 'withEatMyData', '--parts')).stdout).toContain('groovy\n')
    const schema = (await folder.footman('show', 'withEatMyData', '--part', 'schema')).stdout
    expect(JSON.parse(schema)).toMatchObject({ title: 'withEatMyData', additionalProperties: false })
  })

  it('prints an image, whose other files are parts of it', async () => {
    const folder = await folderWith()
    expect((await folder.footman('show', 'jenkinsImage')).stdout).toMatch(/^FROM |^ARG |\nFROM /)
    expect((await folder.footman('show', 'jenkinsImage', '--parts')).stdout).toBe('Dockerfile\nplugins.txt\n')
    const plugins = (await folder.footman('show', 'jenkinsImage', '--part', 'plugins.txt')).stdout
    expect(plugins).toContain('pipeline-groovy-lib')
    expect((await folder.footman('list')).stdout).toMatch(/^jenkinsImage +A Jenkins controller/m)
  })

  it('says what was meant', async () => {
    const folder = await folderWith()
    const { exitCode, stderr } = await folder.footman('show', 'withEatMydata')
    expect(exitCode).toBe(exitCodes.failed)
    expect(stderr).toContain('did you mean withEatMyData?')
    expect((await folder.footman('show', 'withEatMyData', '--part', 'x')).stderr).toContain('it has help, ')
  })
})

describe('run', () => {
  it('runs the shell of a step here: its output on stdout, what it did on stderr', async () => {
    const folder = await folderWith()
    const call = folder.with({ env: { ...env, LD_LIBRARY_PATH: '/nowhere' } })
    const { exitCode, stdout, stderr } = await call(...plainly, '--param', 'command=echo "hello from $PWD"')
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.ok, stdout: `hello from ${folder.path}\n` })
    expect(stderr).toMatch(/withEatMyData: ran for \d+ s/)
    expect(stderr).toMatch(/preloaded: (true|false)/)
  })

  it('prints what the step returns as JSON', async () => {
    const { stdout } = await (await folderWith()).with({ env })(
      ...plainly,
      '--json',
      '--param',
      'command=echo x',
    )
    expect(JSON.parse(stdout)).toEqual({ preloaded: expect.any(Boolean), seconds: expect.any(Number) })
  })

  it('ends as the command ends', async () => {
    const { exitCode, stderr } = await (await folderWith()).with({ env })(
      ...plainly,
      '--param',
      'command=exit 7',
    )
    expect(exitCode).toBe(exitCodes.failed)
    expect(stderr).toContain('withEatMyData ended with exit code 7')
  })

  it('refuses in the words of the step, before anything happens', async () => {
    const folder = await folderWith()
    const { exitCode, stderr } = await folder.with({ env })('run', 'withEatMyData', '--param', 'comand=x')
    expect(exitCode).toBe(exitCodes.failed)
    expect(stderr).toContain("withEatMyData: there is no parameter 'comand'; did you mean 'command'?")
    expect((await folder.footman('run', 'withEatMyData', '--param', 'nothing')).stderr).toContain(
      'write --param name=value',
    )
    const twice = await folder.footman('run', 'withEatMyData', '--param', 'image=a', '--param', 'image=b')
    expect(twice.stderr).toContain('image is given twice')
  })

  it('only says what it would do with --dry-run', async () => {
    const { exitCode, stdout, stderr } = await (await folderWith()).with({ env })(
      'run',
      'withEatMyData',
      '--dry-run',
      '--param',
      'command=echo never',
    )
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.ok, stdout: '' })
    expect(stderr).toContain('withEatMyData: would run the command under eatmydata')
  })

  it('stands around a body, which gets its variables', async () => {
    const { exitCode, stdout } = await (await folderWith()).with({ env })(
      ...plainly,
      '--param',
      'programs=printf',
      '--param',
      'programs=env',
      '--body',
      'type -P env >/dev/null && echo body',
    )
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.ok, stdout: 'body\n' })
  })

  it('ends on a signal with nothing left, and with the code of the signal', async () => {
    const folder = await folderWith()
    const signals = new EventEmitter()
    const tmp = join(folder.path, 'tmp')
    await folder.write('tmp/x', '')
    const call = folder.with({
      env: { ...env, TMPDIR: tmp },
      signals,
      onStdout: () => signals.emit('SIGTERM'),
    })
    const { exitCode } = await call(...plainly, '--param', 'command=echo begun; sleep 60; echo never > late')
    expect(exitCode).toBe(exitCodes.terminated)
    expect(await readdir(tmp)).toEqual(['x'])
    expect(await readdir(folder.path)).toEqual(['tmp'])
  })

  it('gives up after --timeout', async () => {
    const { exitCode, stderr } = await (await folderWith()).with({ env })(
      ...plainly,
      '--timeout',
      '300ms',
      '--param',
      'command=sleep 60',
    )
    expect(exitCode).toBe(exitCodes.failed)
    expect(stderr).toContain('withEatMyData took too long')
    expect((await (await folderWith()).footman(...plainly, '--timeout', 'soon')).stderr).toContain(
      "'soon' is no duration",
    )
  })

  it('uses the defaults of the library', async () => {
    const folder = await folderWith({
      'footman-library.yaml':
        'prefix: acme\ndefaults: { withEatMyData: { require: false, library: /nowhere.so } }\n',
    })
    const { exitCode, stderr } = await folder.with({ env })(
      'run',
      'acmeWithEatMyData',
      '--param',
      'command=true',
    )
    expect(exitCode).toBe(exitCodes.ok)
    expect(stderr).toContain('acmeWithEatMyData: runs plainly, every fsync included: there is no /nowhere.so')
  })
})

it('the sample configuration explains every setting', async () => {
  const { libraryConfigSchema } = await import('../../../library/config.ts')
  const { shapeOf } = await import('../../../core/config/shape.ts')
  const text = await readFile(shippedFile('templates/library/footman-library.yaml'), 'utf8')
  const shape = shapeOf(libraryConfigSchema)
  const keys = (of: typeof shape): string[] =>
    of.kind === 'section' ? [...of.keys].flatMap(([key, inner]) => [key, ...keys(inner)]) : []
  for (const key of keys(shape)) expect(text).toMatch(new RegExp(`^ *(# )?${key}:`, 'm'))
})
