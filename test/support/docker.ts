import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { pack } from 'tar-stream'
import { afterAll, beforeAll } from 'vitest'
import type { ContainerEngine, ContainerSpec } from '../../core/container-engine.ts'
import { connectDocker } from '../../core/docker.ts'

export interface TestDocker {
  engine: ContainerEngine
  /**
   * A tiny image made for this file: busybox, a user `jenkins` (uid 1000) who owns /home/jenkins, and a `java` that
   * tells what it finds.
   */
  image: string
  /** Carry this on every container, so that it is removed at the end. */
  label: Record<string, string>
  /** A small hardened container of the image that runs a shell script; change what the test is about. */
  spec(script: string, changes?: Partial<ContainerSpec>): ContainerSpec
  /** What `docker inspect` prints, which anybody with the engine's socket can see. */
  inspectText(id: string): Promise<string>
}

const busybox = process.env.FOOTMAN_TEST_BUSYBOX ?? '/bin/busybox'
const jenkins = { uid: 1000, gid: 1000 }

/**
 * The running Docker Engine for the tests of one file; call it at the top of the file. What carries the label, and
 * the image, is removed at the end, so that files and people can share one engine.
 */
export function useDocker(): TestDocker {
  const run = randomBytes(4).toString('hex')
  const docker: TestDocker = {
    get engine(): ContainerEngine {
      if (!engine) throw new Error('the engine is there from beforeAll on')
      return engine
    },
    image: `footman-test:${run}`,
    label: { 'footman-test': run },
    spec: (script, changes = {}) => ({ ...smallSpec(docker, script), ...changes }),
    inspectText: async (id) => (await promisify(execFile)('docker', ['inspect', id])).stdout,
  }
  let engine: ContainerEngine | undefined
  beforeAll(async () => {
    engine = await connectDocker().catch((error: unknown) => {
      throw new Error('these tests need a running Docker Engine: start dockerd', { cause: error })
    })
    await engine.importImage(Readable.from(busyboxImage()), docker.image, [
      'LABEL footman-test=1',
      'USER jenkins',
      'VOLUME /home/jenkins/agent',
    ])
  })
  afterAll(async () => {
    for (const { id } of (await engine?.list(docker.label)) ?? []) await engine?.remove(id)
    await engine?.removeImage(docker.image)
  })
  return docker
}

function smallSpec({ image, label }: TestDocker, script: string): ContainerSpec {
  return {
    name: `footman-test-${randomBytes(4).toString('hex')}`,
    image,
    entrypoint: ['/bin/sh', '-c'],
    command: [script],
    env: {},
    labels: label,
    nanoCpus: 500_000_000,
    memoryBytes: 64 * 2 ** 20,
    pidsLimit: 64,
    init: true,
    capAdd: [],
    capDrop: ['ALL'],
    noNewPrivileges: true,
    mounts: [],
    stopGraceSeconds: 1,
  }
}

/** A root file system with one program under many names, which is all that a shell needs. */
function busyboxImage(): ReturnType<typeof pack> {
  const image = pack()
  const directory = (name: string, more: { mode?: number; uid?: number; gid?: number } = {}) =>
    image.entry({ name, type: 'directory', mode: 0o755, ...more })
  for (const name of ['bin', 'etc', 'home']) directory(name)
  directory('tmp', { mode: 0o1777 })
  directory('home/jenkins', jenkins)
  directory('home/jenkins/agent', jenkins)
  image.entry({ name: 'bin/busybox', mode: 0o755 }, readFileSync(busybox))
  for (const applet of applets) {
    image.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox' })
  }
  image.entry({ name: 'bin/java', mode: 0o755 }, java)
  image.entry(
    { name: 'etc/passwd' },
    'root:x:0:0::/root:/bin/sh\njenkins:x:1000:1000::/home/jenkins:/bin/sh\n',
  )
  image.entry({ name: 'etc/group' }, 'root:x:0:\njenkins:x:1000:\nstaff:x:50:jenkins\n')
  image.finalize()
  return image
}

/** Stands in for Java: tells what an agent would find around it, then waits to be stopped. */
const java = `#!/bin/sh
echo "arguments: $*"
stat -c '%a %u:%g %n' /footman /footman/secret /footman/secret/agent /footman/agent.jar "$PWD"
echo "secret of $(cat /footman/secret/agent | wc -c) bytes"
mkdir -p /footman/jars/by-checksum && touch /footman/jars/by-checksum/probe && echo 'jar cache: writable'
touch "$PWD/probe" && echo 'working directory: writable'
cat /footman/agent.jar
echo x 2>/dev/null >/footman/agent.jar || echo 'agent.jar: read-only'
test -w /var/run/docker.sock && echo 'engine: usable'
cat /proc/self/status
echo ready
trap 'exit 143' TERM
while true; do sleep 0.1; done
`

const applets = 'cat grep head id kill ls mkdir ping rm seq sh sleep stat tail test touch wc'.split(' ')
