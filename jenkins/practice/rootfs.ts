import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import { UserError } from '../../core/errors.ts'
import { type CopiedFile, findProgram, findPrograms, librariesOf } from './machine-files.ts'

const jenkins = { uid: 1000, gid: 1000 }

/** What builds may call, besides sh: enough for a practice job, from busybox where this machine has it. */
const tools =
  'sh cat chmod date df echo env false grep head hostname id kill ls mkdir mv nproc printf ps pwd rm seq sleep tail test touch tr true uname wc'.split(
    ' ',
  )

const java = `#!/bin/sh
# Stands in for Java: the practice controller's agent.jar is a Node.js program.
while [ $# -gt 0 ]; do
  case "$1" in
    -jar) shift; exec /usr/bin/node "$@" ;;
    -version) echo 'openjdk version "17.0.0" (in truth Node.js ${process.versions.node})' >&2; exit 0 ;;
  esac
  shift
done
echo 'this java only knows -jar' >&2
exit 1
`

/**
 * A small root file system as a tar archive, for `docker import`: this machine's Node.js, a shell with a few tools, the
 * shared libraries that they need, a `java` that runs them, on request an sshd, and a user `jenkins` (uid 1000) with a home.
 * Throws UserError on anything but Linux, whose programs would not run in a container.
 */
export async function practiceRootfs(
  machine: { platform: NodeJS.Platform; node: string; path: string } = {
    platform: process.platform,
    node: process.execPath,
    path: process.env.PATH ?? '',
  },
  { withSshd = false }: { withSshd?: boolean } = {},
): Promise<Readable> {
  if (machine.platform !== 'linux') {
    throw new UserError(`A practice image can only be made on Linux, and this is ${machine.platform}`, {
      hint: 'run the demo without containers: it then uses plain processes',
    })
  }
  const busybox = await findProgram('busybox', machine.path)
  const programs = [
    { source: await realpath(machine.node), target: 'usr/bin/node' },
    ...(busybox ? [{ source: busybox, target: 'bin/busybox' }] : await findPrograms(tools, machine.path)),
    ...(withSshd ? await sshd() : []),
  ]
  const libraries = await librariesOf(programs.map(({ source }) => source))
  const image = pack()
  fill(image, [...programs, ...libraries], busybox !== undefined).then(
    () => image.finalize(),
    (error) => image.destroy(error),
  )
  return Readable.from(image)
}

/** sshd, and since OpenSSH 9.8 the programs into which it is split, from where this machine's distribution keeps them. */
async function sshd(): Promise<CopiedFile[]> {
  const [server] = await programsIn('/usr/sbin', ['sshd'])
  if (!server) {
    throw new UserError('there is no sshd on this machine to make an image with', {
      hint: 'install it, e.g. apt-get install openssh-server',
    })
  }
  return [server, ...(await programsIn('/usr/lib/openssh', ['sshd-session', 'sshd-auth']))]
}

async function programsIn(folder: string, names: string[]): Promise<CopiedFile[]> {
  const found = await Promise.all(names.map((name) => findProgram(name, folder)))
  return found.flatMap((source) => (source ? [{ source, target: source.slice(1) }] : []))
}

async function fill(image: Pack, files: CopiedFile[], hasBusybox: boolean): Promise<void> {
  const unique = [...new Map(files.map((file) => [file.target, file])).values()]
  for (const name of foldersOf(unique)) image.entry({ name, type: 'directory', mode: 0o755 })
  image.entry({ name: 'tmp', type: 'directory', mode: 0o1777 })
  // Also what volumes are mounted on: the engine would make missing folders as root.
  for (const name of ['', '/.jenkins', '/agent', '/agent/remoting', '/agent/remoting/jarCache']) {
    image.entry({ name: `home/jenkins${name}`, type: 'directory', mode: 0o755, ...jenkins })
  }
  image.entry(
    { name: 'etc/passwd' },
    'root:x:0:0::/root:/bin/sh\njenkins:x:1000:1000::/home/jenkins:/bin/sh\n',
  )
  image.entry({ name: 'etc/group' }, 'root:x:0:\njenkins:x:1000:\n')
  image.entry({ name: 'usr/bin/java', mode: 0o755 }, java)
  image.entry({ name: 'usr/bin/env', type: 'symlink', linkname: '/bin/env' })
  if (hasBusybox) {
    for (const name of tools) image.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' })
  }
  for (const file of unique) await copy(image, file)
}

function foldersOf(files: readonly CopiedFile[]): string[] {
  const folders = new Set(['bin', 'etc', 'home', 'root', 'usr', 'usr/bin'])
  for (const { target } of files) {
    for (let folder = dirname(target); folder !== '.'; folder = dirname(folder)) folders.add(folder)
  }
  return [...folders].sort()
}

async function copy(image: Pack, { source, target }: CopiedFile): Promise<void> {
  const { size } = await stat(source)
  await pipeline(createReadStream(source), image.entry({ name: target, mode: 0o755, size }))
}
