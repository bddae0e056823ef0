import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { readIfExists, writeFileAtomic } from '../../core/atomic-write.ts'
import { UserError } from '../../core/errors.ts'
import { startChild } from '../support/child.ts'
import { tempDir } from '../support/temp-dir.ts'

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe('writeFileAtomic', () => {
  it('writes text and bytes, and leaves nothing beside the file', async () => {
    const dir = await tempDir()
    await writeFileAtomic(join(dir, 'text'), 'grüß dich\n')
    await writeFileAtomic(join(dir, 'bytes'), Uint8Array.of(0, 255, 10))
    expect(await readFile(join(dir, 'text'), 'utf8')).toBe('grüß dich\n')
    expect([...(await readFile(join(dir, 'bytes')))]).toEqual([0, 255, 10])
    expect(await readdir(dir)).toEqual(['bytes', 'text'])
  })

  it('gives the file exactly the mode that is asked for', async () => {
    const path = join(await tempDir(), 'shared')
    await writeFileAtomic(path, 'a', { mode: 0o666 })
    expect(await modeOf(path)).toBe(0o666)
    await writeFileAtomic(path, 'b', { mode: 0o600 })
    expect(await modeOf(path)).toBe(0o600)
  })

  it('keeps the mode of the file that it replaces', async () => {
    const path = join(await tempDir(), 'script')
    await writeFile(path, 'old')
    await chmod(path, 0o751)
    await writeFileAtomic(path, 'new')
    expect(await modeOf(path)).toBe(0o751)
  })

  it('replaces the file behind a symbolic link and leaves the link', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'dotfiles'))
    await writeFile(join(dir, 'dotfiles', 'agent.yaml'), 'old')
    await symlink('dotfiles/agent.yaml', join(dir, 'agent.yaml'))
    await writeFileAtomic(join(dir, 'agent.yaml'), 'new')
    expect(await readFile(join(dir, 'dotfiles', 'agent.yaml'), 'utf8')).toBe('new')
    expect(await readdir(join(dir, 'dotfiles'))).toEqual(['agent.yaml'])
  })

  it('leaves the old content and no temporary file when it fails', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'taken'))
    await expect(writeFileAtomic(join(dir, 'taken'), 'x')).rejects.toBeInstanceOf(UserError)
    expect(await readdir(dir)).toEqual(['taken'])
  })

  it('says which folder is missing and what to check', async () => {
    const path = join(await tempDir(), 'nowhere', 'file')
    await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({
      message: `cannot write ${path}: no such file or folder`,
      hint: expect.stringContaining('spelling'),
    })
  })

  it('removes what killed writers left an hour ago, and nothing else', async () => {
    const dir = await tempDir()
    const twoHoursAgo = Date.now() / 1000 - 7200
    const old = ['.file.0123456789ab.tmp', '.other.0123456789ab.tmp', '.file.notes.tmp']
    for (const name of [...old, '.file.ba9876543210.tmp']) await writeFile(join(dir, name), '')
    for (const name of old) await utimes(join(dir, name), twoHoursAgo, twoHoursAgo)
    await writeFileAtomic(join(dir, 'file'), 'x')
    expect(await readdir(dir)).toEqual([
      '.file.ba9876543210.tmp',
      '.file.notes.tmp',
      '.other.0123456789ab.tmp',
      'file',
    ])
  })

  it('never shows a mix to readers, also when many write at once', async () => {
    const path = join(await tempDir(), 'file')
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(50_000))
    let done = false
    const writing = Promise.all(contents.map((content) => writeFileAtomic(path, content))).finally(() => {
      done = true
    })
    while (!done) {
      const seen = await readIfExists(path)
      if (seen !== undefined) expect(contents.includes(seen)).toBe(true)
      await delay(1)
    }
    await writing
  })

  it('leaves a whole file when the writer is killed at any moment', async () => {
    const path = join(await tempDir(), 'file')
    for (let round = 0; round < 2; round++) {
      const writer = startChild('write-for-ever', path)
      await writer.line()
      await delay(Math.random() * 40)
      await writer.kill()
      const [count = '', body] = (await readFile(path, 'utf8')).split('\n')
      expect(body).toBe(count.slice(-1).repeat(100_000))
    }
  })
})

describe('readIfExists', () => {
  it('reads a file', async () => {
    const path = join(await tempDir(), 'file')
    await writeFile(path, 'ü')
    expect(await readIfExists(path)).toBe('ü')
  })

  it('is undefined where there is no file, and no folder either', async () => {
    const dir = await tempDir()
    await writeFile(join(dir, 'file'), '')
    expect(await readIfExists(join(dir, 'absent'))).toBeUndefined()
    expect(await readIfExists(join(dir, 'absent', 'below'))).toBeUndefined()
    expect(await readIfExists(join(dir, 'file', 'below'))).toBeUndefined()
  })

  it('says what is wrong with a file that cannot be read', async () => {
    const dir = await tempDir()
    await expect(readIfExists(dir)).rejects.toMatchObject({ message: `cannot read ${dir}: it is a folder` })
  })
})
