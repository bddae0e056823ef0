import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, messageOf } from '../errors.ts'
import type { Layer } from './layers.ts'
import { isMapping } from './path.ts'
import { configError } from './problem.ts'
import type { Shape } from './shape.ts'
import { parseYaml } from './yaml.ts'

export interface FileRequest {
  fileName: string
  /** Folders in which the file is looked for; the first that has it counts. */
  search: readonly string[]
  /** A file named by the person; it must exist, and nothing else is searched. */
  path?: string | undefined
  shape: Shape
  hint: string
}

/**
 * Reads the configuration file, or returns undefined when none was named and none is found.
 * Throws ConfigError when a named file is missing, a file cannot be read, or its text is not YAML.
 */
export async function readFileLayer(request: FileRequest): Promise<(Layer & { kind: 'file' }) | undefined> {
  const { path, shape, hint } = request
  const candidates = path ? [path] : request.search.map((folder) => join(folder, request.fileName))
  for (const file of candidates) {
    const text = await readIfPresent(file)
    if (text === undefined) continue
    const yaml = parseYaml(text)
    if (yaml.problems.length === 0) {
      return { kind: 'file', file, yaml, input: withoutExtensions(withoutBlanks(shape, yaml.value ?? {})) }
    }
    const problems = yaml.problems.map(({ line, column, says }) => ({
      where: `${file}:${line}:${column}`,
      path: '',
      says,
    }))
    throw configError(file, problems, hint)
  }
  if (path) throw new ConfigError(`there is no file ${path}`, { hint })
  return undefined
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ConfigError(`cannot read ${path}: ${messageOf(error)}`, {
      hint: code === 'EACCES' ? `let yourself read it: chmod u+r ${path}` : `make ${path} a readable file`,
      cause: error,
    })
  }
}

/**
 * Takes keys without a value out: a section whose settings are all commented out, or a setting whose value
 * was deleted, counts as not given. Unknown keys stay, to be complained about.
 */
function withoutBlanks(shape: Shape, input: unknown): unknown {
  if (shape.kind === 'list' && Array.isArray(input))
    return input.map((item) => withoutBlanks(shape.item, item))
  if (shape.kind !== 'section' || !isMapping(input)) return input
  return Object.fromEntries(
    Object.entries(input)
      .filter(([key, value]) => value !== null || !shape.keys.has(key))
      .map(([key, value]) => {
        const inner = shape.keys.get(key)
        return [key, inner ? withoutBlanks(inner, value) : value]
      }),
  )
}

/** Keys that begin with x- are the person's own: a place for YAML anchors, or for notes to other programs. */
function withoutExtensions(input: unknown): unknown {
  if (!isMapping(input)) return input
  return Object.fromEntries(Object.entries(input).filter(([key]) => !key.startsWith('x-')))
}
