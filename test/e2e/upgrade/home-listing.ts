import { createHash } from 'node:crypto'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Written by every boot of a controller, whatever runs. */
const ofEveryBoot = new Set(['failed-boot-attempts.txt', 'copy_reference_file.log'])

/**
 * All that a home holds, one line an entry, found without footman's own means: kind, mode, owner, time, size, and the hash of
 * the content or the target of a link. `whole` also takes what every boot writes; the time of the folder itself changes with that.
 */
export async function homeListing(root: string, whole = false): Promise<string[]> {
  const lines: string[] = []
  const walk = async (folder: string) => {
    for (const name of (await readdir(join(root, folder))).sort()) {
      const path = join(folder, name)
      if (!whole && ofEveryBoot.has(path)) continue
      const facts = await lstat(join(root, path))
      const owner = `${(facts.mode & 0o7777).toString(8)} ${facts.uid}:${facts.gid} ${Math.floor(facts.mtimeMs)}`
      if (facts.isDirectory()) {
        lines.push(`folder ${path} ${owner}`)
        await walk(path)
      } else if (facts.isSymbolicLink()) {
        lines.push(`link ${path} ${facts.uid}:${facts.gid} ${await readlink(join(root, path))}`)
      } else {
        const hash = createHash('sha256')
          .update(await readFile(join(root, path)))
          .digest('hex')
        lines.push(`file ${path} ${owner} ${facts.size} ${hash}`)
      }
    }
  }
  await walk('')
  return lines
}

/** What differs between two listings, a few lines of it. */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  const had = new Set(before)
  const has = new Set(after)
  const lost = before.filter((line) => !has.has(line)).map((line) => `- ${line}`)
  const gained = after.filter((line) => !had.has(line)).map((line) => `+ ${line}`)
  return [...lost, ...gained].slice(0, 10)
}
