import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import type { ContainerHost, JsonObject } from '../../core/container-host.ts'
import { packFiles } from '../../core/docker/archive.ts'
import { runOrThrow } from '../../core/process.ts'
import { caseNeighbours, caseNetworks, type InspectCase } from './inspect-cases.ts'

export interface InspectStage {
  images: { old: string; new: string; bare: string }
  /** Makes the container of a case with the docker command line, starts it unless told otherwise; gives its id. */
  make(name: string, how: InspectCase): Promise<string>
  /** Removes all that was made. */
  clear(): Promise<void>
}

const busybox = process.env.FOOTMAN_TEST_BUSYBOX ?? '/bin/busybox'

const common = `FROM scratch
ADD root /
ENV LANG=C.UTF-8 JENKINS_HOME=/var/jenkins_home
ENTRYPOINT ["/bin/sh", "-c", "trap 'exit 143' TERM; while :; do sleep 0.2; done", "--"]
`

/** In the manner of the official image: what a new one changes, and what a person may have set over it. */
const old = `${common}ENV JENKINS_VERSION=2.492.1 OLD_ONLY=yes
EXPOSE 8080 50000
VOLUME /var/jenkins_home
WORKDIR /
USER 1000
STOPSIGNAL SIGTERM
CMD ["--httpPort=8080"]
LABEL maintainer=them version=2.492.1 old.only=yes
HEALTHCHECK --interval=31s --timeout=5s --retries=4 CMD test -d /
`

const next = `${common}ENV JENKINS_VERSION=2.504.1 NEW_ONLY=yes LANG=C
EXPOSE 8080 50000
VOLUME /var/jenkins_home
WORKDIR /tmp
USER 1002
STOPSIGNAL SIGQUIT
CMD ["--httpPort=8080", "--new"]
LABEL maintainer=them version=2.504.1 new.only=yes
HEALTHCHECK --interval=32s --timeout=6s --retries=5 CMD test -e /
`

/**
 * Images in the manner of a controller's, and the networks and neighbours that the cases need. `subnet`: the first two numbers of
 * addresses that nobody else uses.
 */
export async function inspectStage(
  host: ContainerHost,
  prefix: string,
  subnet: string,
): Promise<InspectStage> {
  const labels = { 'footman-test': prefix }
  const image = async (kind: string, dockerfile: string) => {
    const reference = `${prefix}-${kind}:1`
    await host.build(Readable.from([await context(dockerfile)]), {
      reference,
      labels: { 'test.stage': prefix },
    })
    return reference
  }
  const images = {
    old: await image('old', old),
    new: await image('new', next),
    bare: await image('bare', common),
  }
  const filled = (words: readonly string[]) =>
    words.map((word) => word.replaceAll('%', prefix).replaceAll('$', subnet))
  const filledBody = (body: JsonObject): JsonObject => JSON.parse(filled([JSON.stringify(body)])[0] ?? '')
  const docker = async (...words: string[]) =>
    (await runOrThrow(['docker', ...filled(words)], { timeoutMs: 60_000 })).stdout.trim()
  const label = ['--label', `footman-test=${prefix}`]
  const networks = Object.keys(caseNetworks)
  for (const [name, options] of Object.entries(caseNetworks)) {
    await docker('network', 'create', ...label, ...options, name)
  }
  for (const [name, options] of Object.entries(caseNeighbours)) {
    await docker('run', '-d', '--name', name, ...label, ...options, images.bare)
  }
  return {
    images,
    async make(name, { options, body, command = [], image: kind, connect = [], isRunning = true }) {
      const from = kind === 'bare' ? images.bare : images.old
      const id = body
        ? await host.create(name, { Image: from, Labels: labels, ...filledBody(body) })
        : await docker('create', '--name', name, ...label, ...options, from, ...command)
      for (const words of connect) {
        await docker('network', 'connect', ...words, id)
      }
      if (isRunning) await host.start(id)
      return id
    },
    async clear() {
      for (const { id } of await host.list(labels)) await host.remove(id, { volumes: true })
      for (const volume of ['%-home', '%-books']) await host.removeVolume(filled([volume])[0] ?? '')
      for (const network of filled(networks)) await host.removeNetwork(network)
      for (const reference of Object.values(images)) await host.removeImage(reference)
    },
  }
}

async function context(dockerfile: string): Promise<Buffer> {
  const file = { mode: 0o755, uid: 0, gid: 0 }
  const folder = { ...file, kind: 'directory', content: Buffer.alloc(0) } as const
  return await packFiles([
    { ...file, name: 'Dockerfile', content: Buffer.from(dockerfile) },
    { ...folder, name: 'root' },
    { ...folder, name: 'root/bin' },
    { ...folder, name: 'root/tmp', mode: 0o1777 },
    { ...file, name: 'root/bin/busybox', content: readFileSync(busybox) },
    ...['sh', 'sleep', 'test', 'true'].map((name) => ({
      ...file,
      name: `root/bin/${name}`,
      kind: 'link' as const,
      content: Buffer.from('busybox'),
    })),
  ])
}
