import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { type Pack, pack } from 'tar-stream'
import { type CopiedFile, findPrograms, librariesOf } from '../../jenkins/practice/machine-files.ts'

/** What every official controller image has, by the package that it comes from. */
const packages = {
  bash: 'bash',
  coreutils:
    'basename cat chgrp chmod chown comm cp cut date dd df dirname du env false head id install join kill link ln ls mkdir mkfifo mknod mktemp mv nproc od paste pwd readlink realpath rm rmdir seq sha256sum sleep sort split stat sync tail tee test timeout touch tr true truncate uname uniq wc whoami',
  findutils: 'find xargs',
  text: 'awk grep sed',
  archives: 'gzip tar',
}

/**
 * A root file system as an archive for `docker import`: bash, GNU coreutils, findutils, awk, grep, sed, tar and gzip of this
 * machine with their libraries, `sh`, /tmp, and a user `jenkins` (uid 1000). No Java and no Node.js.
 * `leaveOut` makes an image that lacks programs.
 */
export async function toolsRootfs(options: { leaveOut?: readonly string[] } = {}): Promise<Readable> {
  const { leaveOut = [] } = options
  const all = Object.values(packages).flatMap((list) => list.split(' '))
  const names = all.filter((name) => !leaveOut.includes(name))
  const programs = await findPrograms(names, process.env.PATH ?? '')
  if (programs.length < names.length) throw new Error(`this machine lacks some of ${names.join(', ')}`)
  const libraries = await librariesOf(programs.map(({ source }) => source))
  const image = pack()
  fill(image, [...programs, ...libraries]).then(
    () => image.finalize(),
    (error) => image.destroy(error),
  )
  return Readable.from(image)
}

async function fill(image: Pack, files: CopiedFile[]): Promise<void> {
  const folders = new Set(['bin', 'etc', 'home', 'root', 'usr', 'var'])
  for (const { target } of files) {
    for (let folder = dirname(target); folder !== '.'; folder = dirname(folder)) folders.add(folder)
  }
  for (const name of [...folders].sort()) image.entry({ name, type: 'directory', mode: 0o755 })
  image.entry({ name: 'tmp', type: 'directory', mode: 0o1777 })
  image.entry({ name: 'usr/bin', type: 'symlink', linkname: '../bin' })
  image.entry({ name: 'bin/sh', type: 'symlink', linkname: 'bash' })
  const users = ['root:x:0:0::/root:/bin/bash', 'jenkins:x:1000:1000::/var/jenkins_home:/bin/bash']
  image.entry({ name: 'etc/passwd' }, `${users.join('\n')}\n`)
  image.entry({ name: 'etc/group' }, 'root:x:0:\njenkins:x:1000:\n')
  for (const { source, target } of files) image.entry({ name: target, mode: 0o755 }, await readFile(source))
}
