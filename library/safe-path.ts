import { lstat, mkdir, readdir } from 'node:fs/promises'
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
 * Looks at a place inside a library before it is read, written or removed. Throws UserError when a folder on the way is
 * a link or a file, when the place itself is anything but a plain file, or when a name there differs in capitals only:
 * on other systems that would be the same file.
 */
export async function lookInside(root: string, path: string): Promise<Standing> {
  if (!isSafePath(path)) throw new UserError(`${path} leads out of ${root}`)
  const parts = path.split('/')
  for (const index of parts.keys()) {
    const here = join(root, ...parts.slice(0, index + 1))
    const isLast = index === parts.length - 1
    const found = await lstatIfExists(here)
    if (!found) {
      await refuseOtherCase(here)
      return 'nothing'
    }
    if (found.isSymbolicLink()) {
      throw new UserError(`${here} is a symbolic link`, {
        hint: 'Jenkins refuses a whole library for one link; remove it',
      })
    }
    if (isLast ? !found.isFile() : !found.isDirectory()) {
      throw new UserError(`${here} is not a ${isLast ? 'file' : 'folder'}`, { hint: `move ${here} away` })
    }
  }
  return 'file'
}

/** Makes the folders on the way to a path that `lookInside` has found safe. */
export async function makeFolders(root: string, path: string): Promise<void> {
  const folder = dirname(join(root, path))
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw fileError('make the folder', folder, error)
  }
}

async function lstatIfExists(path: string) {
  try {
    return await lstat(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw fileError('look at', path, error)
  }
}

async function refuseOtherCase(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => [])
  const name = path.slice(dirname(path).length + 1)
  const other = names.find((candidate) => candidate.toLowerCase() === name.toLowerCase())
  if (other === undefined) return
  throw new UserError(`${join(dirname(path), other)} is in the way of ${name}`, {
    hint: 'names that differ in capitals only are one file on some systems; rename or remove it',
  })
}
