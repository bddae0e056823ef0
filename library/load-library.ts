import { dirname, join, resolve } from 'node:path'
import type { CommandContext } from '../core/command.ts'
import { loadConfig } from '../core/config/load.ts'
import { ConfigError } from '../core/errors.ts'
import { packageVersion } from '../core/package.ts'
import { type LibraryConfig, libraryConfigSchema } from './config.ts'
import { configFileName } from './config-file-name.ts'
import { type LibraryPlan, planLibrary } from './engine.ts'
import { steps } from './registry.ts'
import { loadTemplates } from './templates.ts'

export interface LoadedLibrary {
  config: LibraryConfig
  /** The configuration file; undefined when the defaults alone are in force. */
  file: string | undefined
  /** The folder that the library is, or will be, in. */
  root: string
  /** The folder of the user's own templates. */
  overrides: string | undefined
}

/**
 * Reads footman-library.yaml from this folder or the nearest above it, with the files that it extends, under variables
 * such as FOOTMAN_LIBRARY_PREFIX. Throws ConfigError with every problem found.
 */
export async function loadLibrary(
  context: Pick<CommandContext, 'cwd' | 'env' | 'configPath' | 'log'>,
): Promise<LoadedLibrary> {
  const { cwd, env, configPath, log } = context
  const { value, file, warnings } = await loadConfig({
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
  for (const warning of warnings) log.warn(warning)
  const base = file === undefined ? cwd : dirname(file)
  return {
    config: value,
    file,
    root: resolve(base, value.output),
    overrides: value.overrides === undefined ? undefined : join(base, value.overrides),
  }
}

/** What the configuration asks for. Throws ConfigError when it cannot be, or when there is no configuration file. */
export async function loadPlan(
  context: Pick<CommandContext, 'cwd' | 'env' | 'configPath' | 'log'>,
): Promise<{ library: LoadedLibrary; plan: LibraryPlan; version: string; overridden: readonly string[] }> {
  const library = await loadLibrary(context)
  if (library.file === undefined) {
    throw new ConfigError(`there is no ${configFileName} in ${context.cwd} or above it`, {
      hint: 'footman library init',
    })
  }
  const templates = loadTemplates(library.overrides)
  const version = packageVersion()
  const plan = planLibrary({ steps, config: library.config, templates, version })
  return { library, plan, version, overridden: templates.overridden }
}

function foldersAbove(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...foldersAbove(above)]
}
