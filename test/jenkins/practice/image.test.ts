import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { extract, type Header } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import type { ContainerEngine } from '../../../core/container-engine.ts'
import { practiceImage, practiceReference } from '../../../jenkins/practice/image.ts'
import { parseLdd } from '../../../jenkins/practice/machine-files.ts'
import { practiceRootfs } from '../../../jenkins/practice/rootfs.ts'
import { fakeDocker } from '../../support/docker-fake.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('parseLdd', () => {
  it('finds libraries and the loader with glibc', () => {
    const output = `\tlinux-vdso.so.1 (0x00007ff61d098000)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007ff61ce83000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007ff61d09a000)
`
    expect(parseLdd(output)).toEqual(['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2'])
  })

  it('finds them with musl, too', () => {
    const output = `\t/lib/ld-musl-x86_64.so.1 (0x7f2a)
\tlibgcc_s.so.1 => /usr/lib/libgcc_s.so.1 (0x7f2b)
\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f2a)
`
    expect(new Set(parseLdd(output))).toEqual(new Set(['/lib/ld-musl-x86_64.so.1', '/usr/lib/libgcc_s.so.1']))
  })

  it('finds nothing in a static program', () => {
    expect(parseLdd('\tnot a dynamic executable\n')).toEqual([])
  })
})

describe('practiceImage', () => {
  const rootfs = async () => Readable.from('tar')

  it('is imported once, for a user who is not root', async () => {
    const docker = fakeDocker()
    const imported: string[][] = []
    const engine: ContainerEngine = {
      ...docker,
      importImage: (tar, reference, changes) => {
        imported.push(changes)
        return docker.importImage(tar, reference, changes)
      },
    }
    expect(await practiceImage(engine, undefined, { rootfs })).toBe(practiceReference())
    expect(await practiceImage(engine, undefined, { rootfs })).toBe(practiceReference())
    expect(imported).toEqual([expect.arrayContaining(['USER jenkins', 'WORKDIR /home/jenkins'])])
  })
})

describe('practiceRootfs', () => {
  it.each(['darwin', 'win32'] as const)(
    'is not to be had on %s, and says what to do instead',
    async (platform) => {
      await expect(practiceRootfs({ platform, node: 'node', path: '' })).rejects.toMatchObject({
        code: 'user',
        hint: expect.stringContaining('plain processes'),
      })
    },
  )

  it.runIf(process.platform === 'linux')(
    'takes the tools one by one where there is no busybox, following links',
    async () => {
      const folder = await tempDir()
      await mkdir(join(folder, 'bin'))
      await writeFile(join(folder, 'real-sh'), 'a shell', { mode: 0o755 })
      await symlink('../real-sh', join(folder, 'bin/sh'))
      const tar = await practiceRootfs({
        platform: 'linux',
        node: join(folder, 'real-sh'),
        path: join(folder, 'bin'),
      })
      const entries = await readTar(tar)
      expect(entries.get('bin/sh')).toMatchObject({ type: 'file', mode: 0o755, size: 7 })
      expect(entries.get('usr/bin/node')).toMatchObject({ type: 'file', mode: 0o755, size: 7 })
      expect(entries.get('usr/bin/java')).toMatchObject({ type: 'file', mode: 0o755 })
      expect(entries.get('home/jenkins/agent')).toMatchObject({ uid: 1000, gid: 1000 })
      expect(entries.get('tmp')).toMatchObject({ mode: 0o1777 })
    },
  )
})

async function readTar(tar: Readable): Promise<Map<string, Header>> {
  const entries = new Map<string, Header>()
  for await (const entry of tar.pipe(extract())) {
    entries.set(entry.header.name, entry.header)
    entry.resume()
  }
  return entries
}
