import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { type CommandContext, defineCommand } from '../../core/command.ts'
import type { ContainerEngine } from '../../core/container-engine.ts'
import { ConfigError } from '../../core/errors.ts'
import { acquireLock } from '../../core/lock.ts'
import { footmanPaths, privateFolder } from '../../core/paths.ts'
import { checkAgentConfig } from '../config/check.ts'
import { type LoadAgentConfigOptions, loadAgentConfig } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import { controlSocketOf } from '../control/socket-of.ts'
import { controllerConnector } from '../daemon/connect-controller.ts'
import { findEngine } from '../daemon/find-engine.ts'
import { lend } from '../daemon/lend.ts'
import { readHardware } from '../hardware.ts'
import { controllerIdOf } from '../identity.ts'
import type { Size } from '../world.ts'

export const command = defineCommand({
  arguments: {
    client: { rest: true, summary: 'What the Swarm client was started with, behind --: taken as settings' },
  },
  options: {},
  examples: [
    {
      line: 'footman agent run',
      explains: 'lend until Ctrl-C, which lets running builds end; a second Ctrl-C leaves at once',
    },
    { line: 'footman agent run --config ./agent.yaml', explains: 'with another configuration' },
    {
      line: 'footman agent run -- -url https://jenkins.example.com/ -username ann -passwordFile ~/token',
      explains: 'in the place of java -jar swarm-client.jar, with the same options',
    },
  ],
  longRunning: true,
  async run(context, { client }) {
    const flags = client.length === 0 ? {} : await settingsOfClient(client, context)
    const { value: config } = await loadAgentConfig({ ...context, flags })
    const { log, env, signal } = context
    const paths = footmanPaths({ env })
    const stateDir = await privateFolder(join(paths.state, 'agent', controllerIdOf(config.controller.url)))
    const lock = await acquireLock(join(stateDir, 'lock'), {
      purpose: `lending to ${config.controller.url}`,
      signal,
    })
    let engine: ContainerEngine | undefined
    try {
      engine = await findEngine(config, context)
      checkSettings(config, readHardware(await engine.info(signal)), context)
      await lend({
        config,
        log,
        engine,
        clock: systemClock,
        connect: controllerConnector(config, context),
        stateDir,
        cacheDir: await privateFolder(paths.cache),
        machineStateDir: await privateFolder(paths.state),
        socketPath: controlSocketOf(config.controller.url, { env }),
        signal,
      })
    } finally {
      await engine?.close?.()
      await lock.release()
    }
  },
})

/** A machine that ran the Swarm client needs no other line to run footman. */
async function settingsOfClient(words: readonly string[], context: CommandContext): Promise<Flags> {
  const { importFor } = await import('./import-swarm.ts')
  const { settings, notes } = await importFor(words, context)
  for (const note of notes) context.log.info(note)
  return settings
}

type Flags = NonNullable<LoadAgentConfigOptions['flags']>

function checkSettings(config: AgentConfig, hardware: Size, { log }: CommandContext): void {
  const findings = checkAgentConfig(config, hardware)
  for (const { severity, path, message, hint } of findings) {
    if (severity === 'warning') log.warn(`${path}: ${message} (${hint})`)
  }
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  const [first] = errors
  throw new ConfigError(errors.map(({ path, message }) => `${path}: ${message}`).join('\n'), {
    ...(first && { hint: first.hint }),
  })
}
