import { dirname, join, resolve } from 'node:path'
import type { CommandContext } from '../core/command.ts'
import { loadConfig } from '../core/config/load.ts'
import { type LibraryConfig, libraryConfigSchema } from './config.ts'
import { configFileName } from './config-file-name.ts'
import { foldersAbove } from './folders-above.ts'

export interface LoadedLibrary {
  config: LibraryConfig
  /** The configuration file; undefined when the defaults alone are in force. */
  file: string | undefined
  /** The folder that the library is, or will be, in. */
  root: string
  /** The folder of the user's own templates. */
  overrides: string | undefined
  /** Every file that the settings came from. */
  files: readonly string[]
  /** For the log. */
  warnings: readonly string[]
}

/** Reads the settings like `readLibrary`, and tells the log what is odd about them. */
export async function loadLibrary(
  context: Pick<CommandContext, 'cwd' | 'env' | 'configPath' | 'log'>,
): Promise<LoadedLibrary> {
  const library = await readLibrary(context)
  for (const warning of library.warnings) context.log.warn(warning)
  return library
}

/**
 * Reads footman-library.yaml from this folder or the nearest above it, with the files that it extends, under variables
 * such as FOOTMAN_LIBRARY_PREFIX. Throws ConfigError with every problem found.
 */
export async function readLibrary(
  context: Pick<CommandContext, 'cwd' | 'env' | 'configPath'>,
): Promise<LoadedLibrary> {
  const { cwd, env, configPath } = context
  const { value, file, sources, warnings } = await loadConfig({
    schema: libraryConfigSchema,
    fileName: configFileName,
    search: foldersAbove(cwd),
    path: configPath === undefined ? undefined : resolve(cwd, configPath),
    env,
    envPrefix: 'FOOTMAN_LIBRARY',
    exempt: [],
    presets: true,
    exampleCommand: 'footman library init --print',
  })
  const base = file === undefined ? cwd : dirname(file)
  return {
    config: value,
    file,
    root: resolve(base, value.output),
    overrides: value.overrides === undefined ? undefined : join(base, value.overrides),
    files: sources.layers.flatMap((layer) => (layer.kind === 'file' ? [layer.file] : [])),
    warnings,
  }
}
