import { existsSync } from 'node:fs'
import { defineCommand } from '../../core/command.ts'
import { runCommand } from '../run-command.ts'
import { describePlan, executePlan } from '../service/execute-plan.ts'
import { planUninstall } from '../service/install.ts'
import { serviceSite } from './install.ts'

export const command = defineCommand({
  examples: [{ line: 'footman agent uninstall', explains: 'let builds end, stop the service and remove it' }],
  writes: true,
  async run(context) {
    const plan = planUninstall(serviceSite(context))
    if (context.dryRun) {
      context.out.write(`${describePlan(plan)}\n`)
      return
    }
    const isInstalled = plan.steps.some((step) => step.kind === 'remove' && existsSync(step.path))
    if (!isInstalled) {
      context.log.info('no service is installed')
      return
    }
    context.log.info('stopping the service; builds that run may end first')
    await executePlan(plan, runCommand, context.signal)
    context.log.info('the service is removed')
    for (const note of plan.notes) context.log.info(note)
  },
})
