import { defineCommand } from '../../core/command.ts'
import { printStatus, tellDaemon } from './ask-daemon.ts'
import { waitForBuilds } from './wait-for-builds.ts'

export const command = defineCommand({
  options: { noWait: { summary: 'do not wait for the builds that run' } },
  examples: [
    { line: 'footman agent drain', explains: 'take no more builds, and wait until the last one ended' },
    { line: 'footman agent drain && sudo apt full-upgrade', explains: 'disturb no build' },
  ],
  reads: true,
  writes: true,
  async run(context, { noWait }) {
    const told = await tellDaemon(context, { request: 'drain' }, 'take no more builds')
    if (!told) return
    const status = noWait ? told.status : await waitForBuilds(told.ask, told.status, context)
    if (status) return printStatus(context, status)
    context.log.info('the agent has ended, and its builds before it')
  },
})
