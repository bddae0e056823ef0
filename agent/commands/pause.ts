import { defineCommand } from '../../core/command.ts'
import { UserError } from '../../core/errors.ts'
import { formatDuration, parseDuration } from '../../core/units.ts'
import { printStatus, tellDaemon } from './ask-daemon.ts'

export const command = defineCommand({
  arguments: {
    duration: {
      summary: 'how long, e.g. 45m or 2h; without it until `footman agent resume`',
      optional: true,
      parse: durationMs,
    },
  },
  examples: [
    { line: 'footman agent pause 2h', explains: 'take no builds for two hours; those that run may end' },
    { line: 'footman agent pause', explains: 'take no builds until you resume' },
  ],
  reads: true,
  writes: true,
  async run(context, { duration }) {
    const request = { request: 'pause' as const, ...(duration !== undefined && { forMs: duration }) }
    const inWords = `pause lending${duration === undefined ? '' : ` for ${formatDuration(duration)}`}`
    const told = await tellDaemon(context, request, inWords)
    if (told) printStatus(context, told.status)
  },
})

function durationMs(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0) return ms
  throw new UserError(`${text} is no duration; write e.g. 45m, 2h or 1h30m`)
}
