import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'

const run = promisify(execFile)

export interface OciImage {
  digest: string
  /** Of the manifests of the platforms, in their order; the image's own when it has one only. */
  platforms: readonly string[]
  /** Of the configurations, in the same order. */
  configs: readonly string[]
  /** Of all blobs together. */
  bytes: number
}

interface Options {
  /** More than one makes an index. */
  architectures?: readonly string[]
  /** Random bytes in the layer of each platform. */
  layerBytes?: number
  /** Bytes of an index differ by this. */
  note?: string
}

/** Pushes an image that was made up on the spot to a registry that speaks plain HTTP. Its layers are gzipped. */
export async function pushImage(
  folder: string,
  reference: string,
  { architectures = ['amd64', 'arm64'], layerBytes = 100_000, note = '' }: Options = {},
): Promise<OciImage> {
  const layout = join(folder, `oci-${randomBytes(4).toString('hex')}`)
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true })
  let bytes = 0
  const blob = async (mediaType: string, content: Buffer) => {
    const hex = createHash('sha256').update(content).digest('hex')
    await writeFile(join(layout, 'blobs/sha256', hex), content)
    return { mediaType, digest: `sha256:${hex}`, size: content.length }
  }
  const json = (mediaType: string, content: object) => blob(mediaType, Buffer.from(JSON.stringify(content)))
  const kind = (name: string) => `application/vnd.oci.image.${name}.v1`
  const manifests = []
  const configs = []
  for (const architecture of architectures) {
    const tar = await tarOf('data', randomBytes(layerBytes))
    const layer = await blob(`${kind('layer')}.tar+gzip`, gzipSync(tar))
    const diff = `sha256:${createHash('sha256').update(tar).digest('hex')}`
    const config = await json(`${kind('config')}+json`, {
      architecture,
      os: 'linux',
      config: { Cmd: ['sh'] },
      rootfs: { type: 'layers', diff_ids: [diff] },
      history: [{ created_by: note }],
    })
    const mediaType = `${kind('manifest')}+json`
    const manifest = await json(mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] })
    bytes += layer.size + config.size
    configs.push(config.digest)
    manifests.push({ ...manifest, platform: { architecture, os: 'linux' } })
  }
  const mediaType = `${kind('index')}+json`
  const [only] = manifests
  const top =
    manifests.length === 1 && only ? only : await json(mediaType, { schemaVersion: 2, mediaType, manifests })
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [top] }))
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const copy = ['copy', '--quiet', '--all', '--preserve-digests', '--dest-tls-verify=false']
  await run('skopeo', [...copy, `oci:${layout}`, `docker://${reference}`])
  return { digest: top.digest, platforms: manifests.map(({ digest }) => digest), configs, bytes }
}

/** What a registry has under a name, as its digest; undefined when it has nothing. */
export async function digestAt(reference: string, login?: string): Promise<string | undefined> {
  const words = ['inspect', '--raw', '--tls-verify=false', ...(login ? ['--creds', login] : [])]
  const raw = await run('skopeo', [...words, `docker://${reference}`]).catch((error: unknown) => {
    if (String(error).includes('unknown')) return undefined
    throw error
  })
  return raw && `sha256:${createHash('sha256').update(raw.stdout).digest('hex')}`
}

async function tarOf(name: string, content: Buffer): Promise<Buffer> {
  const tar = pack()
  tar.entry({ name, mtime: new Date(0) }, content)
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
