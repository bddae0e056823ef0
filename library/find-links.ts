import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that are part of no checkout. */
const skipped = ['.git', 'node_modules']

/**
 * The symbolic links in a library, wherever they are: since Pipeline: Groovy Libraries 798 (SECURITY-3727) a controller
 * refuses a library for any link in its checkout.
 */
export function findLinks(root: string, folder = ''): string[] {
  return entriesOf(join(root, folder)).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isSymbolicLink()) return [path]
    return entry.isDirectory() && !skipped.includes(entry.name) ? findLinks(root, path) : []
  })
}

/** Of a folder that cannot be read, nothing is said here: whoever needs it will. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
