import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream'
import { extract } from 'tar-stream'
import type { ContainerHost } from '../../core/container-host.ts'
import { Secret } from '../../core/secret.ts'
import { homeKeeper } from '../home/keeper.ts'
import { practiceControllerImage } from '../practice/controller-image/image.ts'
import { practiceHome } from '../practice/controller-image/practice-home.ts'
import { homeInside } from '../up/spec.ts'
import { labels } from '../upgrade/names.ts'
import type { Fingerprint } from './fingerprint.ts'
import { type DemoSet, versions } from './set.ts'

/** Containers of images that are made on the spot, of this machine's own Node.js. */
export async function containerSet(host: ContainerHost, signal: AbortSignal): Promise<DemoSet> {
  const name = `footman-demo-${process.pid}`
  const reference = `localhost/${name}:lts`
  const [home, store] = [`${name}-home`, `${name}-backups`]
  const mark = { 'footman.demo': name }
  const before = new Set((await host.listImages({}, signal)).map(({ id }) => id))
  const close = () => strikeSet(host, { name, volumes: [home, store], mark, before })
  try {
    const common = { reference, labels: mark }
    await practiceControllerImage(host, { ...common, version: versions.old }, signal)
    await host.createVolume(home, mark, signal)
    const { user, token } = await practiceHome(
      host,
      { home, files: homeFiles, version: versions.old },
      signal,
    )
    const { name: engine, version } = await host.facts(signal)
    return {
      host,
      keeperOf: (places) => homeKeeper({ host, places }),
      name,
      reference,
      home,
      store,
      account: { user, token: new Secret(token) },
      releaseBrokenVersion: async () => {
        const broken = { ...common, version: versions.broken, variant: 'corrupts-and-breaks' } as const
        await practiceControllerImage(host, broken, signal)
      },
      fingerprint: () => fingerprintIn(host, name),
      note: `the controller is a container of ${engine} ${version}, its home a volume`,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const homeFiles = 500

/** Every start of the image writes what it copied into this one: jenkinsci/docker jenkins.sh. */
const writtenByStart = '/copy_reference_file.log'

/** The home as a running container has it. */
async function fingerprintIn(host: ContainerHost, container: string): Promise<Fingerprint> {
  const archive = await host.getArchive(container, homeInside)
  const entries = extract()
  pipeline(archive, entries, () => {}) // either one that fails takes the other along; the loop below throws
  const lines: string[] = []
  let files = 0
  let bytes = 0
  for await (const entry of entries) {
    const { name, type, mode, uid, gid, mtime, linkname, size } = entry.header
    const hash = createHash('sha256')
    for await (const chunk of entry) hash.update(chunk as Buffer)
    if (name.endsWith(writtenByStart)) continue
    const time = type === 'file' ? Number(mtime) : 0
    lines.push(JSON.stringify([name, type, mode, uid, gid, time, linkname, hash.digest('hex')]))
    if (type !== 'file') continue
    files += 1
    bytes += size ?? 0
  }
  return { files, bytes, sum: createHash('sha256').update(lines.sort().join('\n')).digest('hex') }
}

interface Traces {
  name: string
  volumes: string[]
  mark: Record<string, string>
  /** Ids of images that were here before. */
  before: ReadonlySet<string>
}

/** Removes all that the act has made, however far it came. */
async function strikeSet(host: ContainerHost, { name, volumes, mark, before }: Traces): Promise<void> {
  for (const { id } of await host.list({ [labels.controller]: name }))
    await host.remove(id, { volumes: true })
  for (const volume of volumes) await host.removeVolume(volume)
  const images = (await host.listImages({})).filter(({ id }) => !before.has(id))
  const isBase = (reference: string) => reference.startsWith('footman/practice-controller-base:')
  const ours = images.filter(({ labels: has, references }) => {
    return has['footman.demo'] === mark['footman.demo'] || references.some(isBase)
  })
  // What was built on it goes before the base.
  for (const { id, references } of ours.toSorted(
    (a, b) => Number(a.references.some(isBase)) - Number(b.references.some(isBase)),
  )) {
    for (const reference of references.length > 0 ? references : [id]) await host.removeImage(reference)
  }
}
