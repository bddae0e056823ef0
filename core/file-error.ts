import { messageOf, UserError } from './errors.ts'

/** The system's short name of what went wrong, e.g. `ENOENT`; undefined when the error carries none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** A refusal of the file system as an error with its cure. `action` reads on with the path, e.g. `write`. */
export function fileError(action: string, path: string, cause: unknown): UserError {
  const known = refusals[errorCode(cause) ?? '']
  const reason = known?.reason ?? messageOf(cause)
  return new UserError(`cannot ${action} ${path}: ${reason}`, {
    hint: known?.cure(path) ?? look(path),
    cause,
  })
}

const full = (path: string) => `free some space, then try again; df -h ${path} shows what is left`
const look = (path: string) => `look at it with ls -ld ${path}`
const rights = (path: string) =>
  `give this user the right with chmod or chown, or choose another place; ${look(path)}`

const refusals: Record<string, { reason: string; cure: (path: string) => string }> = {
  ENOSPC: { reason: 'no space left on the disk', cure: full },
  EDQUOT: { reason: 'the disk quota is used up', cure: full },
  EACCES: { reason: 'permission denied', cure: rights },
  EPERM: { reason: 'operation not permitted', cure: rights },
  EROFS: { reason: 'the file system is read-only', cure: () => 'choose a place that can be written' },
  ENOENT: { reason: 'no such file or folder', cure: (path) => `check the spelling of ${path}` },
  ENOTDIR: { reason: 'a part of the path is not a folder', cure: (path) => `check the spelling of ${path}` },
  EISDIR: { reason: 'it is a folder', cure: (path) => `move ${path} away or choose another name` },
}
