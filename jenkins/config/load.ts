import type { CommandContext } from '../../core/command.ts'
import { type LoadedConfig, loadConfig, type PartialSettings } from '../../core/config/load.ts'
import { footmanPaths } from '../../core/paths.ts'
import type { Secret } from '../../core/secret.ts'
import { readSecret } from '../../core/secret-source.ts'
import { type ControllerConfig, type ControllerConfigInput, controllerConfigSchema } from './schema.ts'
import type { ControllerSettings } from './settings.ts'

type ConfigContext = Pick<CommandContext, 'env' | 'configPath' | 'log'>
type Surroundings = Pick<CommandContext, 'env' | 'cwd' | 'log' | 'stdin' | 'signal'>

/**
 * Reads jenkins.yaml from the XDG configuration folder, or the file that --config names, under variables and flags. All
 * settings have defaults, so that there need be no file. Warns of variables that name no setting. Throws ConfigError with
 * every problem found.
 */
export async function loadControllerConfig(
  { env, configPath, log }: ConfigContext,
  flags?: PartialSettings<ControllerConfigInput>,
): Promise<LoadedConfig<ControllerConfig>> {
  const loaded = await loadConfig({
    schema: controllerConfigSchema,
    fileName: 'jenkins.yaml',
    search: [footmanPaths({ env }).config],
    path: configPath,
    env,
    envPrefix: 'FOOTMAN_JENKINS',
    exempt: [],
    ...(flags && { flags }),
    exampleCommand: 'footman jenkins config --example',
  })
  for (const warning of loaded.warnings) log.warn(warning)
  return loaded
}

/** The settings with the account's token fetched. Throws ConfigError when it is not found. */
export async function settingsFrom(
  config: ControllerConfig,
  { env, cwd, log, stdin, signal }: Surroundings,
): Promise<ControllerSettings> {
  const source = { setting: 'account.token', env, baseDir: cwd, log, stdin, signal }
  return settingsOf(config, config.account && (await readSecret(config.account.token, source)))
}

/** The configuration in the shape that all rooms of the trade read: what may be left out there is undefined here. Pure. */
export function settingsOf(config: ControllerConfig, token: Secret | undefined): ControllerSettings {
  const { name, account, build, backups, upgrade, prune, schedule, notify } = config
  const { quiesce, gate } = upgrade
  return {
    name,
    image: config.image,
    home: config.home,
    ports: config.ports,
    memoryBytes: config.memory,
    timeZone: config.timeZone,
    restart: config.restart,
    env: config.env,
    account: account && token && { user: account.user, token },
    build: { ...build, casc: build.casc },
    backups: {
      store: backups.store ?? `${name}_backups`,
      keep: backups.keep,
      keepMs: backups.keepFor,
      verify: backups.verify,
    },
    upgrade: {
      rehearsal: upgrade.rehearsal,
      quiesce: { policy: quiesce.policy, deadlineMs: quiesce.deadline, message: quiesce.message },
      stopGraceMs: upgrade.stopGrace,
      gate: {
        deadlineMs: gate.deadline,
        looks: gate.looks,
        intervalMs: gate.interval,
        soakMs: gate.soak,
      },
      mayMissPlugins: upgrade.mayMissPlugins,
      probe: upgrade.probe,
      probeTimeoutMs: upgrade.probeTimeout,
    },
    prune: {
      keepContainers: prune.keepContainers,
      keepImages: prune.keepImages,
      keepFailedHomes: prune.keepFailedHomes,
      keepMs: prune.keepFor,
    },
    schedule: { cron: schedule.cron, timeZone: schedule.timeZone, jitterMs: schedule.jitter },
    notify: {
      on: notify.on,
      webhooks: notify.webhooks.map((webhook) => ({ ...webhook, template: webhook.template })),
      command: notify.command,
    },
  }
}
