import { realpath } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import { type CommandContext, defineCommand } from '../../core/command.ts'
import { ConfigError, UserError } from '../../core/errors.ts'
import { loadAgentConfig } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import { runCommand } from '../run-command.ts'
import { describePlan, executePlan } from '../service/execute-plan.ts'
import { planInstall } from '../service/install.ts'
import type { ServiceSite } from '../service/plan.ts'

export const command = defineCommand({
  examples: [
    { line: 'footman agent install', explains: 'lend from now on, and again after each login' },
    { line: 'footman agent install --dry-run', explains: 'see the unit and what would be run' },
  ],
  writes: true,
  async run(context) {
    const { file, config } = await configOfService(context)
    const plan = planInstall(serviceSite(context), {
      node: await realpath(process.execPath),
      cli: await realpath(process.argv[1] ?? ''),
      config: file,
      stopWithinMs: config.policy.finishWithin,
    })
    if (context.dryRun) {
      context.out.write(`${describePlan(plan)}\n`)
      return
    }
    await executePlan(plan, runCommand, context.signal)
    context.log.info(`the agent is installed and lends to ${config.controller.url}`)
    for (const note of plan.notes) context.log.info(note)
  },
})

export function serviceSite({ env }: Pick<CommandContext, 'env'>): ServiceSite {
  const { uid, username } = userInfo()
  return { platform: process.platform, home: env.HOME || homedir(), uid, user: username, env }
}

/**
 * The settings as the service will find them: from a file, because variables of this terminal do not reach it. Throws
 * ConfigError or UserError when they would not do there.
 */
async function configOfService(context: CommandContext): Promise<{ file: string; config: AgentConfig }> {
  const isSetting = (name: string) => name.startsWith('FOOTMAN_') && !name.startsWith('FOOTMAN_LOG_')
  const env = Object.fromEntries(Object.entries(context.env).filter(([name]) => !isSetting(name)))
  const lost = Object.keys(context.env).filter(isSetting)
  if (lost.length > 0)
    context.log.warn(`the service does not see ${lost.join(', ')}: put that into agent.yaml`)

  const { value: config, file } = await loadAgentConfig({ ...context, env })
  if (file === undefined) {
    throw new ConfigError('the service needs its settings in a file', {
      hint: 'begin one with: footman agent config --example > ~/.config/footman/agent.yaml',
    })
  }
  const { token } = config.controller
  const path = token.startsWith('file:') ? token.slice('file:'.length) : undefined
  if (path === undefined || !(isAbsolute(path) || path.startsWith('~/'))) {
    throw new UserError(`controller.token is ${token}, which a service cannot read`, {
      hint: 'keep the token in a file of your own and write e.g. token: file:~/.config/footman/token',
    })
  }
  return { file: resolve(context.cwd, file), config }
}
