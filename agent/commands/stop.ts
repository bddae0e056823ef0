import { defineCommand } from '../../core/command.ts'
import { tellDaemon } from './ask-daemon.ts'
import { waitForBuilds, waitForEnd } from './wait-for-builds.ts'

export const command = defineCommand({
  options: { now: { summary: 'do not let running builds end' } },
  examples: [
    {
      line: 'footman agent stop',
      explains: 'let builds end, take the nodes off the controller, end the agent',
    },
    { line: 'footman agent stop --now', explains: 'end builds and agent at once' },
  ],
  writes: true,
  async run(context, { now }) {
    const inWords = now ? 'stop the builds and the agent' : 'let builds end, then stop the agent'
    const told = await tellDaemon(context, { request: 'stop', now }, inWords)
    if (!told) return
    const left = await waitForBuilds(told.ask, told.status, context)
    if (left) await waitForEnd(told.ask, context)
    context.log.info(`the agent on ${told.status.machine} has ended`)
  },
})
