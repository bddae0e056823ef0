import { dirname, resolve } from 'node:path'
import { ConfigError } from '../errors.ts'
import { type FileRequest, readFileLayer } from './file-layer.ts'
import type { Layer } from './layers.ts'
import { isMapping } from './path.ts'

type FileLayer = Layer & { kind: 'file' }

/**
 * The files that a settings file begins from, as its key `extends` lists them, relative to it, and those that they
 * begin from in turn: in the order in which they are laid over each other, the least important first.
 * Throws ConfigError when one is missing, cannot be read, or begins from itself.
 */
export async function readPresets(
  layer: FileLayer,
  request: Pick<FileRequest, 'shape' | 'hint'>,
  above: readonly string[] = [],
): Promise<FileLayer[]> {
  const chain = [...above, resolve(layer.file)]
  const presets: FileLayer[] = []
  for (const name of namesIn(layer.input)) {
    const path = resolve(dirname(layer.file), name)
    if (chain.includes(path)) {
      throw new ConfigError(`${layer.file}: extends ${name}, which leads back to itself`, {
        hint: `take ${name} out of extends in one of ${[...chain.slice(chain.indexOf(path))].join(', ')}`,
      })
    }
    const preset = await readFileLayer({ ...request, fileName: name, search: [], path })
    if (preset) presets.push(...(await readPresets(preset, request, chain)), preset)
  }
  return presets
}

/** What is no list of names is left for the schema to complain about. */
function namesIn(input: unknown): string[] {
  const given = isMapping(input) ? input.extends : undefined
  return Array.isArray(given) ? given.filter((name) => typeof name === 'string' && name !== '') : []
}
