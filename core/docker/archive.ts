import { pipeline, type Readable } from 'node:stream'
import { extract, pack } from 'tar-stream'
import type { PutFile } from '../container-engine.ts'

const types = { file: 'file', directory: 'directory', link: 'symlink' } as const

/** A tar archive of the files, in their order. */
export async function packFiles(files: readonly PutFile[]): Promise<Buffer> {
  const archive = pack()
  for (const { name, kind = 'file', content, mode, uid, gid } of files) {
    const header = { name, mode, uid, gid, type: types[kind], mtime: new Date() }
    if (kind === 'file') archive.entry(header, content)
    else archive.entry(kind === 'link' ? { ...header, linkname: content.toString() } : header)
  }
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export type ArchiveEntry =
  | { kind: 'file'; content: Buffer }
  | { kind: 'link'; target: string }
  | { kind: 'other' }

/**
 * The first entry of a tar archive: the engine wraps a single file into one. Undefined when the archive is empty.
 */
export async function firstEntry(archive: Readable): Promise<ArchiveEntry | undefined> {
  const entries = extract()
  pipeline(archive, entries, () => {}) // either one that fails or is left takes the other along; the loop below throws
  for await (const entry of entries) {
    const { type, linkname } = entry.header
    if (type === 'symlink') return { kind: 'link', target: linkname ?? '' }
    if (type !== 'file') return { kind: 'other' }
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    return { kind: 'file', content: Buffer.concat(chunks) }
  }
  return undefined
}
