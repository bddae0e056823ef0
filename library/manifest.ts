import { createHash } from 'node:crypto'
import { isMapping } from '../core/config/path.ts'
import { UserError } from '../core/errors.ts'
import { isSafePath } from './safe-path.ts'

/** Where the manifest stands in the library. Jenkins ignores such folders. */
export const manifestPath = '.footman/manifest.json'

const schemaVersion = 1

/** What footman wrote last: the only files that it may overwrite or remove. */
export interface Manifest {
  version: string
  config: string
  /** SHA-256 by path. */
  files: Readonly<Record<string, string>>
  /** The same for a run that was under way: either content may be there. Empty when it ended. */
  pending: Readonly<Record<string, string>>
}

/**
 * Reads a manifest, which anybody may have edited: paths that lead out of the library are dropped, and returned.
 * Throws UserError when it is damaged, or was written by a footman that knows more.
 */
export function parseManifest(text: string, where: string): { manifest: Manifest; dropped: string[] } {
  const data = parseJson(text)
  if (isMapping(data) && typeof data.schema === 'number' && data.schema > schemaVersion) {
    throw new UserError(`${where} was written by a newer footman`, { hint: 'npm install -g footman' })
  }
  const manifest = accept(data)
  if (!manifest) {
    throw new UserError(`${where} is damaged`, {
      hint: `take it from version control: git checkout -- ${where}; or overwrite all: footman library generate --force`,
    })
  }
  const { files, pending } = manifest
  const paths = [...new Set([...Object.keys(files), ...Object.keys(pending)])]
  return {
    manifest: { ...manifest, files: safe(files), pending: safe(pending) },
    dropped: paths.filter((path) => !isSafePath(path)),
  }
}

/** The text of a manifest, its keys in order. */
export function formatManifest({ version, config, files, pending }: Manifest): string {
  const isPending = Object.keys(pending).length > 0
  const manifest = { schema: schemaVersion, version, config, files, ...(isPending && { pending }) }
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** By hand: a schema library would take longer to load than everything else that a run without changes does. */
function accept(data: unknown): Manifest | undefined {
  if (!isMapping(data) || data.schema !== schemaVersion) return undefined
  const { version, config, files, pending = {} } = data
  if (typeof version !== 'string' || !isHash(config) || !areHashes(files) || !areHashes(pending))
    return undefined
  return { version, config, files, pending }
}

function areHashes(value: unknown): value is Record<string, string> {
  return isMapping(value) && Object.values(value).every(isHash)
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function safe(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => isSafePath(path)))
}
