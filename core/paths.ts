import { chmod, lstat, mkdir, stat } from 'node:fs/promises'
import { homedir, tmpdir, userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { ConfigError, UserError } from './errors.ts'
import { fileError } from './file-error.ts'

export interface PathsOptions {
  env?: Readonly<Record<string, string | undefined>>
  home?: string
  tmp?: string
  uid?: number
}

/** Where footman keeps its files on this machine. Nothing is created by asking; see `privateFolder`. */
export interface Paths {
  /** agent.yaml and jenkins.yaml. */
  config: string
  /** Journals, identity, locks: what must survive a reboot. */
  state: string
  /** What can be fetched again. */
  cache: string
  /** Sockets: gone after a logout or reboot where the system has a place for that. */
  runtime: string
}

/**
 * The folders of the XDG Base Directory Specification 0.8, on macOS too, where people of command-line tools expect the
 * same. A variable that is not an absolute path is ignored, as the specification says.
 */
export function footmanPaths(options: PathsOptions = {}): Paths {
  const { env = process.env, home = env.HOME || homedir() } = options
  const base = (name: string, fallback: string) => {
    const given = env[name]
    return join(given && isAbsolute(given) ? given : join(home, fallback), 'footman')
  }
  const state = base('XDG_STATE_HOME', '.local/state')
  const runtime = env.XDG_RUNTIME_DIR
  return {
    config: base('XDG_CONFIG_HOME', '.config'),
    cache: base('XDG_CACHE_HOME', '.cache'),
    state,
    runtime: runtime && isAbsolute(runtime) ? join(runtime, 'footman') : state,
  }
}

/** sun_path holds 104 bytes on macOS and 108 on Linux, the closing zero included. */
const longestSocketPath = 103

/**
 * The path of a Unix socket of this name: in the runtime folder, or, where that path would be too long for the
 * system, in a folder of this user below the temporary one. The same for every process of the same user.
 */
export function socketPath(name: string, options: PathsOptions = {}): string {
  const { tmp = tmpdir(), uid = userInfo().uid } = options
  const folders = [footmanPaths(options).runtime, join(tmp, `footman-${uid}`), `/tmp/footman-${uid}`]
  const path = folders
    .map((folder) => join(folder, `${name}.sock`))
    .find((candidate) => Buffer.byteLength(candidate) <= longestSocketPath)
  if (path) return path
  throw new ConfigError(`the name ${name} is too long for a socket`, {
    hint: 'give machine.name a shorter name',
  })
}

/**
 * Makes sure that a folder exists which this user alone can open, and returns its path. A folder of ours that stands
 * open is closed; a link of ours to one is followed. Throws UserError when something else, or somebody else, is in the way.
 */
export async function privateFolder(path: string, uid: number = userInfo().uid): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    const [link, folder] = await Promise.all([lstat(path), stat(path)])
    if (link.uid !== uid || folder.uid !== uid) {
      throw new UserError(`${path} belongs to another user`, {
        hint: 'let XDG_RUNTIME_DIR, XDG_STATE_HOME and XDG_CACHE_HOME name folders of your own',
      })
    }
    if ((folder.mode & 0o077) !== 0) await chmod(path, 0o700)
    return path
  } catch (error) {
    throw error instanceof UserError ? error : fileError('make the folder', path, error)
  }
}

/** The path with a leading `~/` replaced by the home folder: shells do that only for words that begin with it. */
export function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path
}
