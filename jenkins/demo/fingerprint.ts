import { createHash } from 'node:crypto'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** What there is in a home, in a form that two looks can be compared by. */
export interface Fingerprint {
  files: number
  bytes: number
  /** Of names, modes, times of files, links and content. */
  sum: string
}

/** Reads every byte below a folder. */
export async function fingerprintOf(folder: string): Promise<Fingerprint> {
  const hash = createHash('sha256')
  let files = 0
  let bytes = 0
  const names = await readdir(folder, { recursive: true })
  for (const name of names.sort()) {
    const path = join(folder, name)
    const facts = await lstat(path)
    hash.update(`${name}\0${facts.mode}\0`)
    if (facts.isSymbolicLink()) hash.update(await readlink(path))
    if (!facts.isFile()) continue
    hash.update(`${Math.round(facts.mtimeMs)}\0`).update(await readFile(path))
    files += 1
    bytes += facts.size
  }
  return { files, bytes, sum: hash.digest('hex') }
}
