import type { CommandContext } from '../../core/command.ts'
import type { PartialSettings } from '../../core/config/load.ts'
import type { ContainerHost } from '../../core/container-host.ts'
import { ConfigError } from '../../core/errors.ts'
import { footmanPaths, privateFolder } from '../../core/paths.ts'
import { checkControllerConfig } from '../config/check.ts'
import { loadControllerConfig, settingsFrom } from '../config/load.ts'
import type { ControllerConfig, ControllerConfigInput } from '../config/schema.ts'
import type { ControllerSettings } from '../config/settings.ts'
import type { UpgradeOptions } from '../upgrade/contract.ts'
import type { Doors } from './doors.ts'

/** What most commands of the trade begin with. */
export interface Opened {
  settings: ControllerSettings
  host: ContainerHost
  /** For the functions of the upgrade room. */
  options: UpgradeOptions
}

/**
 * Reads the settings, connects to the engine, and lays out what the upgrade room needs. Throws ConfigError when settings do
 * not go together, RemoteError when no engine answers.
 */
export async function openController(
  context: CommandContext,
  doors: Doors,
  flags?: PartialSettings<ControllerConfigInput>,
): Promise<Opened> {
  const { value: config } = await loadControllerConfig(context, flags)
  refuseErrors(config)
  const settings = await settingsFrom(config, context)
  const host = await doors.connect(context)
  const { env, log, signal, dryRun } = context
  const options: UpgradeOptions = {
    settings,
    host,
    stateFolder: await privateFolder(footmanPaths({ env }).state),
    keeperOf: (places) => doors.keeperOf(host, places),
    probeOf: (container) => doors.probeOf(host, container, settings),
    jenkinsIn: (container) => doors.jenkinsIn(host, container, settings),
    log,
    clock: doors.clock,
    random: doors.random,
    signal,
    dryRun,
  }
  return { settings, host, options }
}

/** Throws ConfigError when settings, or those below a section of that name, do not go together. */
export function refuseErrors(config: ControllerConfig, section = ''): void {
  const errors = checkControllerConfig(config).filter(
    ({ severity, path }) => severity === 'error' && path.startsWith(section),
  )
  const [first] = errors
  if (!first) return
  const message = errors.map(({ path, message: says }) => `${path}: ${says}`).join('\n')
  throw new ConfigError(message, { hint: first.hint })
}
