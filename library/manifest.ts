import { createHash } from 'node:crypto'
import { z } from 'zod'
import { UserError } from '../core/errors.ts'
import { isSafePath } from './safe-path.ts'

/** Where the manifest stands in the library. Jenkins ignores such folders. */
export const manifestPath = '.footman/manifest.json'

const schemaVersion = 1

const hash = z.string().regex(/^[0-9a-f]{64}$/)

/** What footman wrote last: the only files that it may overwrite or remove. */
export interface Manifest {
  version: string
  config: string
  /** SHA-256 by path. */
  files: Readonly<Record<string, string>>
  /** The same for a run that was under way: either content may be there. Empty when it ended. */
  pending: Readonly<Record<string, string>>
}

const manifestSchema = z.object({
  schema: z.literal(schemaVersion),
  version: z.string(),
  config: hash,
  files: z.record(z.string(), hash),
  pending: z.record(z.string(), hash).default({}),
})

/**
 * Reads a manifest, which anybody may have edited: paths that lead out of the library are dropped, and returned.
 * Throws UserError when it is damaged, or was written by a footman that knows more.
 */
export function parseManifest(text: string, where: string): { manifest: Manifest; dropped: string[] } {
  const data = parseJson(text)
  const schema = z.object({ schema: z.number() }).safeParse(data)
  if (schema.success && schema.data.schema > schemaVersion) {
    throw new UserError(`${where} was written by a newer footman`, { hint: 'npm install -g footman' })
  }
  const parsed = manifestSchema.safeParse(data)
  if (!parsed.success) {
    throw new UserError(`${where} is damaged`, {
      hint: `take it from version control: git checkout -- ${where}; or overwrite all: footman library generate --force`,
    })
  }
  const { files, pending } = parsed.data
  const dropped = [...new Set([...Object.keys(files), ...Object.keys(pending)])].filter(
    (path) => !isSafePath(path),
  )
  return { manifest: { ...parsed.data, files: safe(files), pending: safe(pending) }, dropped }
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
