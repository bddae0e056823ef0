import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../../jenkins/home/answers.ts'
import { smallDisk } from '../../support/small-disk.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { fingerprint } from './fingerprint.ts'
import { scriptStage } from './script-stage.ts'

const exec = promisify(execFile)
const facts = '{}'
const places = { controller: 'butler', home: 'jenkins_home', store: '/backups', image: 'jenkins' }

describe('a full disk', () => {
  it('is found out before a copy is begun, and nothing is left of that', async () => {
    const stage = await scriptStage({ store: await smallDisk() })
    await writeFile(join(stage.home, 'big'), randomBytes(3 * 2 ** 20))
    const before = await fingerprint(stage.home)
    for (const [verb, ...args] of [['warm', 'one'] as const, ['snapshot', 'one', facts] as const]) {
      const said = await stage.run(verb, ...args)
      expect(failureOf(said, places).message).toMatch(
        /^the disk is full where the backups are \(\/backups\): 3\.1 MiB are needed, 1 MiB are free, 2\.1 MiB are missing$/,
      )
    }
    expect(await readdir(stage.backup())).toEqual([])
    expect(await fingerprint(stage.home)).toEqual(before)
  })

  it('of inodes is one as well', async () => {
    const disk = await tempDir()
    await exec('mount', ['-t', 'tmpfs', '-o', 'size=10m,nr_inodes=20', 'footman-test', disk])
    try {
      const stage = await scriptStage({ store: disk })
      for (let file = 0; file < 30; file++) await writeFile(join(stage.home, String(file)), '')
      const said = await stage.run('warm', 'one')
      expect(failureOf(said, places).message).toMatch(/room for 1\d more files is missing$/)
      expect(await readdir(stage.backup())).toEqual([])
    } finally {
      await exec('umount', [disk])
    }
  })

  it('in the middle of a copy is told as one, and makes room again', async () => {
    const tools = await tempDir()
    const full =
      '#!/bin/sh\ncase "$*" in *--help*) exec /bin/cp --help;; esac\necho "cp: error writing: No space left on device" >&2\nexit 1\n'
    await writeFile(join(tools, 'cp'), full, { mode: 0o755 })
    const stage = await scriptStage({ env: { PATH: `${tools}:${process.env.PATH}` } })
    await writeFile(join(stage.home, 'file'), 'x')
    const said = await stage.run('warm', 'one')
    expect(said.full).toBeDefined()
    expect(failureOf(said, places).message).toMatch(/^the disk is full where the backups are/)
    expect(await readdir(stage.backup())).toEqual([])
  })

  it('where the home is keeps a home from being half put back', async () => {
    const disk = await smallDisk()
    await mkdir(join(disk, 'home'))
    const stage = await scriptStage({ home: join(disk, 'home') })
    await writeFile(join(stage.home, 'a'), randomBytes(600_000))
    await stage.results('snapshot', 'one', facts)
    await rm(join(stage.home, 'a'))
    await writeFile(join(stage.home, 'b'), 'small')
    await writeFile(join(disk, 'other'), randomBytes(800_000))
    const before = await fingerprint(stage.home)
    const said = await stage.run('restore', 'one', 'bad', facts)
    expect(failureOf(said, places)).toMatchObject({
      message: expect.stringContaining('the disk is full where the home is (jenkins_home)'),
    })
    expect(await fingerprint(stage.home)).toEqual(before)
    await rm(join(disk, 'other'))
    await stage.results('restore', 'one', 'bad', facts)
    expect(await readdir(stage.home)).toEqual(['a'])
  })
})

describe('the script', () => {
  it('closes a store that it finds empty, and leaves the mode of one that others use', async () => {
    const own = await scriptStage()
    await chmod(own.store, 0o755)
    await own.results('snapshot', 'one', facts)
    expect((await stat(own.store)).mode & 0o777).toBe(0o700)
    const shared = await scriptStage()
    await chmod(shared.store, 0o755)
    await writeFile(join(shared.store, 'theirs'), '')
    await shared.results('snapshot', 'one', facts)
    expect((await stat(shared.store)).mode & 0o777).toBe(0o755)
    expect((await stat(shared.backup())).mode & 0o777).toBe(0o700)
    expect((await stat(shared.backup('one'))).mode & 0o777).toBe(0o700)
  })

  it('links what did not change to the backup before, never to the home, and keeps holes', async () => {
    const stage = await scriptStage()
    await writeFile(join(stage.home, 'same'), 'same')
    await writeFile(join(stage.home, 'changes'), 'old')
    await writeFile(join(stage.home, 'holes'), '')
    await truncate(join(stage.home, 'holes'), 50_000_000)
    await symlink('nowhere', join(stage.home, 'link'))
    await stage.results('snapshot', 'one', facts)
    // What changed a moment ago is copied, whatever it looks like.
    await setTimeout(2_500)
    await writeFile(join(stage.home, 'changes'), 'new')
    const [report] = await stage.results('warm', 'two', 'one')
    expect(report).toBe('3 50000007 1 3 0')
    await stage.results('snapshot', 'two', facts)
    const inode = async (...path: string[]) => (await stat(join(...path))).ino
    expect(await inode(stage.backup('two/home/same'))).toBe(await inode(stage.backup('one/home/same')))
    expect(await inode(stage.backup('two/home/same'))).not.toBe(await inode(stage.home, 'same'))
    expect(await readFile(stage.backup('one/home/changes'), 'utf8')).toBe('old')
    expect((await stat(stage.backup('one/home/holes'))).blocks).toBeLessThan(100)
  })

  it('keeps named pipes and extended attributes', async () => {
    const stage = await scriptStage()
    await exec('mkfifo', ['-m', '640', join(stage.home, 'pipe')])
    await writeFile(join(stage.home, 'file'), 'x')
    await exec('python3', [
      '-c',
      'import os, sys; os.setxattr(sys.argv[1], "user.why", b"because")',
      join(stage.home, 'file'),
    ])
    const before = await fingerprint(stage.home)
    await stage.results('snapshot', 'one', facts)
    await rm(join(stage.home, 'pipe'))
    await rm(join(stage.home, 'file'))
    await stage.results('restore', 'one')
    expect(await fingerprint(stage.home)).toEqual(before)
    const read = [
      '-c',
      'import os, sys; print(os.getxattr(sys.argv[1], "user.why"))',
      join(stage.home, 'file'),
    ]
    expect((await exec('python3', read)).stdout).toBe("b'because'\n")
  })

  it('finds a backup that has rotted, and does not put it back as if it were right', async () => {
    const stage = await scriptStage()
    await writeFile(join(stage.home, 'config.xml'), 'right')
    await stage.results('snapshot', 'one', facts)
    expect(await stage.results('verify', 'one')).toEqual([])
    expect(await stage.results('list')).toEqual([expect.stringMatching(/^one \S+ \d{13} /)])
    const { mtime } = await stat(stage.backup('one/home/config.xml'))
    await writeFile(stage.backup('one/home/config.xml'), 'wrong')
    await utimes(stage.backup('one/home/config.xml'), mtime, mtime)
    const differences = await stage.results('verify', 'one')
    expect(differences.join()).toMatch(/^config\.xml: .*other content$/)
    expect(await stage.results('list')).toEqual([expect.stringMatching(/^one \S+ - /)])
    await writeFile(join(stage.home, 'config.xml'), 'x')
    expect((await stage.run('restore', 'one')).refusals).toEqual([
      expect.stringMatching(/^the home does not become what the backup one holds/),
    ])
    await writeFile(stage.backup('one/manifest'), 'cut off')
    expect((await stage.run('restore', 'one')).refusals).toEqual([
      'the manifest of the backup one is damaged',
    ])
  })

  it('says what differs, file by file', async () => {
    const stage = await scriptStage()
    for (const name of ['a', 'b', 'c', 'd\n']) await writeFile(join(stage.home, name), 'text')
    await stage.results('snapshot', 'one', facts)
    await writeFile(join(stage.home, 'a'), 'tixt')
    await chmod(join(stage.home, 'b'), 0o600)
    await rm(join(stage.home, 'c'))
    await mkdir(join(stage.home, 'c'))
    await rm(join(stage.home, 'd\n'))
    await writeFile(join(stage.home, 'e'), '')
    const differences = await stage.results('compare', 'one')
    expect(differences.map((line) => line.replace(/time \S+ instead of [\d.]+/, 'time'))).toEqual([
      '.: time',
      'a: time, other content',
      'b: mode 600 instead of 644',
      'c: kind d instead of f',
      'd\\012: is missing',
      'e: is not in the backup',
    ])
  })

  it('gives the same rows where find cannot print them', async () => {
    const tools = await tempDir()
    const plain = '#!/bin/sh\ncase "$*" in *-printf*) exit 1;; esac\nexec /usr/bin/find "$@"\n'
    await writeFile(join(tools, 'find'), plain, { mode: 0o755 })
    const stage = await scriptStage()
    await writeFile(join(stage.home, 'file'), 'x')
    await mkdir(join(stage.home, 'a\nb'))
    await symlink(' -> x', join(stage.home, 'a\nb', ' -> '))
    await stage.results('snapshot', 'one', facts)
    const there = await scriptStage({ ...stage, env: { PATH: `${tools}:${process.env.PATH}` } })
    expect(await there.results('warm', 'two', 'one')).toEqual(['1 1 0 0 0'])
    await there.results('snapshot', 'two', facts)
    expect(await readFile(stage.backup('two/manifest'), 'utf8')).toBe(
      await readFile(stage.backup('one/manifest'), 'utf8'),
    )
    expect(await there.results('compare', 'two')).toEqual([])
  })
})
