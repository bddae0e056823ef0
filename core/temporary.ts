import { randomBytes } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const leftoverAgeMs = 3_600_000

/** A fresh name in the same folder, so that what is made there can be renamed to `path` in one step. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
}

/**
 * Removes what killed processes left beside `path` under such names. Nobody works for an hour on one of these,
 * so an hour before `nowMs` is the limit; take `nowMs` from a file just made there: the clock of a file server may differ.
 */
export async function removeLeftovers(path: string, nowMs: number): Promise<void> {
  const prefix = `.${basename(path)}.`
  try {
    for (const name of await readdir(dirname(path))) {
      if (!name.startsWith(prefix) || !/^[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length))) continue
      const leftover = join(dirname(path), name)
      const { mtimeMs } = await stat(leftover)
      if (nowMs - mtimeMs > leftoverAgeMs) await rm(leftover, { recursive: true, force: true })
    }
  } catch {
    // Gone meanwhile, or somebody else's: a leftover harms nobody, the next writer tries again.
  }
}
