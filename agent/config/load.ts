import { type LoadedConfig, loadConfig, type PartialSettings } from '../../core/config/load.ts'
import type { Log } from '../../core/log.ts'
import { footmanPaths } from '../../core/paths.ts'
import { type AgentConfig, type AgentConfigInput, agentConfigSchema } from './schema.ts'

export interface LoadAgentConfigOptions {
  env: NodeJS.ProcessEnv
  /** Value of --config. */
  configPath: string | undefined
  /** Settings from the command line. */
  flags?: PartialSettings<AgentConfigInput>
  log: Log
}

/**
 * Reads agent.yaml from the XDG configuration folder, or the file that --config names, under variables and flags.
 * Warns of variables that name no setting. Throws ConfigError with every problem found.
 */
export async function loadAgentConfig(options: LoadAgentConfigOptions): Promise<LoadedConfig<AgentConfig>> {
  const { env, configPath, flags, log } = options
  const loaded = await loadConfig({
    schema: agentConfigSchema,
    fileName: 'agent.yaml',
    search: [footmanPaths({ env }).config],
    path: configPath,
    env,
    ...(flags && { flags }),
    exampleCommand: 'footman agent config --example',
  })
  for (const warning of loaded.warnings) log.warn(warning)
  return loaded
}
