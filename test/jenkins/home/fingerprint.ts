import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'

/**
 * All that a backup has to keep of a folder: for every entry its kind, mode, owner, size, time to the nanosecond, content or
 * target, and which names are one file. Paths are read byte by byte (latin1). Written without looking at the script, so
 * that the two can be held against each other.
 */
export async function fingerprint(folder: string): Promise<Record<string, string>> {
  const entries: Record<string, string> = {}
  const names = new Map<string, string[]>()
  await visit('.')
  for (const list of names.values()) {
    for (const name of list.length > 1 ? list : [])
      entries[name] += ` one of ${list.length}: ${list.join(' | ')}`
  }
  return entries

  async function visit(path: string): Promise<void> {
    const full = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')])
    const stats = await lstat(full, { bigint: true })
    const { uid, gid, mode, mtimeNs } = stats
    entries[path] = `${mode.toString(8)} ${uid}:${gid} ${mtimeNs} ${await content(full, stats)}`
    if (stats.isFile() && stats.nlink > 1n) {
      const key = `${stats.dev}:${stats.ino}`
      names.set(key, [...(names.get(key) ?? []), path])
    }
    if (!stats.isDirectory()) return
    const children = (await readdir(full, { encoding: 'buffer' })) as unknown as Buffer[]
    for (const child of children.map((name) => name.toString('latin1')).sort())
      await visit(`${path}/${child}`)
  }
}

async function content(path: Buffer, stats: BigIntStats): Promise<string> {
  if (stats.isSymbolicLink()) return `-> ${(await readlink(path, { encoding: 'buffer' })).toString('latin1')}`
  if (!stats.isFile()) return ''
  return `${stats.size} ${createHash('sha256')
    .update(await readFile(path))
    .digest('hex')}`
}
