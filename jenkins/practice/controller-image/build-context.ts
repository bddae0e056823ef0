import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import { UserError } from '../../../core/errors.ts'
import { type CopiedFile, findPrograms, librariesOf } from '../machine-files.ts'
import { codeFiles } from './code-files.ts'
import { startScript } from './start-script.ts'

/** The programs of the official image, a Debian, that its start script, helpers and tunnels call. */
const programs =
  'bash sh [ awk base64 basename cat chgrp chmod chown cmp comm cp cut date dd df diff dirname du echo env expr false find grep gunzip gzip head hostname id install join kill ln ls md5sum mkdir mkfifo mktemp mv nproc od paste printf ps pwd readlink realpath rm rmdir sed seq sha256sum sleep sort split stat sync tail tar tee test timeout touch tr true truncate uname uniq wc which xargs'.split(
    ' ',
  )

/** All that goes into the base of practice controllers, from this machine. Throws UserError on anything but Linux. */
export async function baseFiles(
  machine: { platform: NodeJS.Platform; node: string; path: string } = {
    platform: process.platform,
    node: process.execPath,
    path: process.env.PATH ?? '',
  },
): Promise<CopiedFile[]> {
  if (machine.platform !== 'linux') {
    throw new UserError(`A practice image can only be made on Linux, and this is ${machine.platform}`, {
      hint: 'run the demo without containers: it then uses plain processes',
    })
  }
  const tools = await findPrograms(programs, machine.path)
  const [init] = await findPrograms(['tini', 'docker-init'], machine.path)
  const node = { source: await realpath(machine.node), target: 'usr/local/bin/node' }
  const copied = [...tools, ...(init ? [{ ...init, target: 'usr/bin/tini' }] : []), node]
  const libraries = await librariesOf(copied.map(({ source }) => source))
  return [...copied, ...libraries, ...(await codeFiles())]
}

/** A tar archive to build the base image from. */
export function baseContext(files: readonly CopiedFile[]): Readable {
  const tar = pack()
  fill(tar, files).then(
    () => tar.finalize(),
    (error) => tar.destroy(error),
  )
  return Readable.from(tar)
}

/** Everything belongs to root but the home; a new volume at the home takes its owner over. */
export const baseDockerfile = `FROM scratch
COPY rootfs/ /
COPY --chown=1000:1000 home/ /var/jenkins_home/
ENV PATH=/usr/local/bin:/usr/bin:/bin JENKINS_HOME=/var/jenkins_home JENKINS_SLAVE_AGENT_PORT=50000 REF=/usr/share/jenkins/ref
LABEL footman.practice=controller-base
USER jenkins
VOLUME /var/jenkins_home
EXPOSE 8080 50000
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/jenkins.sh"]
`

async function fill(tar: Pack, files: readonly CopiedFile[]): Promise<void> {
  const unique = [...new Map(files.map((file) => [file.target, file])).values()]
  tar.entry({ name: 'Dockerfile' }, baseDockerfile)
  tar.entry({ name: 'home', type: 'directory', mode: 0o755 })
  for (const name of foldersOf(unique)) tar.entry({ name: `rootfs/${name}`, type: 'directory', mode: 0o755 })
  tar.entry({ name: 'rootfs/tmp', type: 'directory', mode: 0o1777 })
  tar.entry({ name: 'rootfs/etc/passwd' }, passwd)
  tar.entry({ name: 'rootfs/etc/group' }, 'root:x:0:\njenkins:x:1000:\n')
  tar.entry({ name: 'rootfs/usr/local/bin/jenkins.sh', mode: 0o755 }, startScript)
  if (!unique.some(({ target }) => target === 'usr/bin/tini')) {
    tar.entry({ name: 'rootfs/usr/bin/tini', mode: 0o755 }, '#!/bin/bash\nshift\nexec "$@"\n')
  }
  for (const file of unique) await copy(tar, file)
}

const passwd = 'root:x:0:0::/root:/bin/bash\njenkins:x:1000:1000::/var/jenkins_home:/bin/bash\n'

function foldersOf(files: readonly CopiedFile[]): string[] {
  const folders = new Set(['', 'etc', 'root', 'usr', 'usr/bin', 'usr/local', 'usr/local/bin', 'var'])
  for (const { target } of files) {
    for (let folder = dirname(target); folder !== '.'; folder = dirname(folder)) folders.add(folder)
  }
  return [...folders].sort()
}

async function copy(tar: Pack, { source, target }: CopiedFile): Promise<void> {
  const { size, mode } = await stat(source)
  const entry = tar.entry({ name: `rootfs/${target}`, mode: mode & 0o755, size, mtime: new Date(0) })
  await pipeline(createReadStream(source), entry)
}
