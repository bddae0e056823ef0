import { defineCommand } from '../../core/command.ts'
import { printStatus, tellDaemon } from './ask-daemon.ts'

export const command = defineCommand({
  examples: [{ line: 'footman agent resume', explains: 'lend again after a pause or a drain' }],
  reads: true,
  writes: true,
  async run(context) {
    const told = await tellDaemon(context, { request: 'resume' }, 'resume lending')
    if (told) printStatus(context, told.status)
  },
})
