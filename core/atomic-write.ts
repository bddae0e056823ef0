import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode, fileError } from './file-error.ts'
import { removeLeftovers, temporaryBeside } from './temporary.ts'

export interface WriteOptions {
  /** Exact permission bits, e.g. 0o600. Default: those of the file that is replaced, else what the umask leaves. */
  mode?: number
}

/**
 * Replaces a file as a whole: whoever reads it, even after a power cut, finds the old content or the new, never a mix.
 * When it returns, the new content is on the disk. A symbolic link stays one; the file that it names is replaced.
 * Throws UserError when the file system refuses; then the old file is untouched and nothing is left beside it.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  try {
    const target = await resolveLink(path)
    const temporary = temporaryBeside(target)
    const mode = options.mode ?? (await modeOf(target))
    try {
      const writtenAtMs = await writeDurably(temporary, content, mode)
      await rename(temporary, target)
      await removeLeftovers(target, writtenAtMs)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    await syncFolder(dirname(target))
  } catch (error) {
    throw fileError('write', path, error)
  }
}

/** The text of a file, or undefined when there is none. Throws UserError when it cannot be read. */
export async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw fileError('read', path, error)
  }
}

/** Makes the names in a folder survive a power cut: a rename or a new file is not on the disk before this. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Some network file systems know no sync of a folder; they write names through anyway.
    if (errorCode(error) !== 'EINVAL') throw error
  } finally {
    await handle.close()
  }
}

async function resolveLink(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (isAbsent(error)) return path
    throw error
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o7777
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** Returns when the file was written, by the clock of its file system. */
async function writeDurably(
  path: string,
  content: string | Uint8Array,
  mode: number | undefined,
): Promise<number> {
  const handle: FileHandle = await open(path, 'wx', mode ?? 0o666)
  try {
    // The mode given to open is narrowed by the umask; whoever names a mode means it exactly.
    if (mode !== undefined) await handle.chmod(mode)
    await handle.writeFile(content)
    await handle.sync()
    return (await handle.stat()).mtimeMs
  } finally {
    await handle.close()
  }
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')
}
