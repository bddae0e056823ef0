import { type Dirent, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../core/errors.ts'
import { errorCode, fileError } from '../core/file-error.ts'

/** Whether a path stays inside the folder that it is relative to, whatever the system: plain names between slashes. */
export function isSafePath(path: string): boolean {
  return (
    /^[A-Za-z0-9_.+@-]+(\/[A-Za-z0-9_.+@-]+)*$/.test(path) &&
    !path.split('/').some((part) => part === '.' || part === '..' || part === '.git')
  )
}

/** What stands at a path: a file, nothing, or something that footman keeps its hands off. */
export type Standing = 'file' | 'nothing'

/**
 * Looks at places inside a library before they are read, written or removed; each folder is read once. Looking throws
 * UserError when a folder on the way is a link or a file, when the place itself is anything but a plain file, or when a
 * name there differs in capitals only: on other systems that would be the same file.
 */
export function surveyFolder(root: string): (path: string) => Standing {
  const folders = new Map<string, ReadonlyMap<string, Dirent>>()
  const entriesOf = (folder: string) => {
    const known = folders.get(folder) ?? readFolder(folder)
    folders.set(folder, known)
    return known
  }
  return (path) => {
    if (!isSafePath(path)) throw new UserError(`${path} leads out of ${root}`)
    const parts = path.split('/')
    for (const [index, name] of parts.entries()) {
      const folder = join(root, ...parts.slice(0, index))
      const found = entriesOf(folder).get(name)
      if (!found) {
        refuseOtherCase(folder, name, entriesOf(folder))
        return 'nothing'
      }
      refuseOddity(join(folder, name), found, index === parts.length - 1)
    }
    return 'file'
  }
}

/** Makes the folders on the way to paths that were found safe, each of them once. */
export function folderMaker(root: string): (path: string) => void {
  const made = new Set<string>()
  return (path) => {
    const folder = dirname(join(root, path))
    if (made.has(folder)) return
    try {
      mkdirSync(folder, { recursive: true })
      made.add(folder)
    } catch (error) {
      throw fileError('make the folder', folder, error)
    }
  }
}

function readFolder(folder: string): ReadonlyMap<string, Dirent> {
  try {
    return new Map(readdirSync(folder, { withFileTypes: true }).map((entry) => [entry.name, entry]))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return new Map()
    throw fileError('look into', folder, error)
  }
}

function refuseOddity(path: string, found: Dirent, isLast: boolean): void {
  if (found.isSymbolicLink()) {
    throw new UserError(`${path} is a symbolic link`, {
      hint: 'Jenkins refuses a whole library for one link; remove it',
    })
  }
  if (isLast ? found.isFile() : found.isDirectory()) return
  throw new UserError(`${path} is not a ${isLast ? 'file' : 'folder'}`, { hint: `move ${path} away` })
}

function refuseOtherCase(folder: string, name: string, entries: ReadonlyMap<string, Dirent>): void {
  for (const other of entries.keys()) {
    if (other.toLowerCase() !== name.toLowerCase()) continue
    throw new UserError(`${join(folder, other)} is in the way of ${name}`, {
      hint: 'names that differ in capitals only are one file on some systems; rename or remove it',
    })
  }
}
