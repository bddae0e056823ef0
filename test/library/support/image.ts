import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { librariesOf } from '../../../jenkins/practice/machine-files.ts'

const run = promisify(execFile)

export interface ImageParts {
  /** Programs of this machine that come along with every library that they load. */
  programs?: readonly string[]
  /** Files and folders of this machine, copied as they are. */
  paths?: readonly string[]
  /** Path in the image -> text; executable when it begins with `#!`. */
  files?: Readonly<Record<string, string>>
  /** Instructions as `docker import --change` takes them. */
  changes?: readonly string[]
  /** Another name than one made for this test. */
  name?: string
}

/**
 * An image made on the spot of busybox and parts of this machine, because there is no registry to pull one from.
 * Returns its name. It is removed at the end of the test.
 */
export async function importImage(parts: ImageParts = {}): Promise<string> {
  const name = parts.name ?? `footman-test/base:${randomBytes(4).toString('hex')}`
  const root = await mkdtemp(join(tmpdir(), 'footman-image-'))
  try {
    await chmod(root, 0o755)
    await fill(root, parts)
    const changes = (parts.changes ?? []).flatMap((change) => ['--change', change])
    const archive = join(root, '..', `${randomBytes(4).toString('hex')}.tar`)
    await run('tar', ['-C', root, '--owner=0', '--group=0', '-cf', archive, '.'])
    await run('docker', ['import', ...changes, archive, name])
    await rm(archive)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
  onTestFinished(async () => {
    await run('docker', ['rmi', '--force', ...(await descendants(name)), name]).catch(() => undefined)
  })
  return name
}

/** What was built on an image, the youngest first. */
async function descendants(name: string): Promise<string[]> {
  const { stdout } = await run('bash', [
    '-c',
    'docker inspect --format "{{.Id}} {{.Parent}}" "$1" $(docker images -aq | sort -u)',
    'descendants',
    name,
  ]).catch(() => ({ stdout: '' }))
  const lines = stdout.trim().split('\n')
  const parents = lines.map((line) => line.split(' '))
  const family = [parents[0]?.[0] ?? '']
  for (const id of family) {
    for (const [child = '', parent = ''] of parents) {
      if (parent === id && !family.includes(child)) family.push(child)
    }
  }
  return family.slice(1).toReversed()
}

async function fill(root: string, { programs = [], paths = [], files = {} }: ImageParts): Promise<void> {
  for (const folder of ['bin', 'etc', 'root', 'usr/bin', 'usr/sbin', 'sbin', 'var', 'home', 'proc', 'dev']) {
    await mkdir(join(root, folder), { recursive: true })
  }
  await mkdir(join(root, 'tmp'))
  await chmod(join(root, 'tmp'), 0o1777)
  const busybox = process.env.FOOTMAN_TEST_BUSYBOX ?? '/bin/busybox'
  await run('cp', ['-L', busybox, join(root, 'bin/busybox')])
  await run('bash', [
    '-c',
    'for applet in $("$1/bin/busybox" --list); do [ "$applet" = busybox ] || ln -sf busybox "$1/bin/$applet"; done',
    'fill',
    root,
  ])
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n',
  )
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
  const needed = (await librariesOf(programs)).map(({ source }) => source)
  for (const path of new Set([...programs, ...needed])) await copy(path, root, '-L')
  for (const path of paths) await copy(path, root, '-a')
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
    await chmod(join(root, path), text.startsWith('#!') ? 0o755 : 0o644)
  }
}

async function copy(path: string, root: string, how: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await rm(join(root, path), { force: true })
  await run('cp', [how, path, join(root, path)])
}
