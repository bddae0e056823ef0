import { systemClock } from '../../core/clock.ts'
import { type CommandContext, defineCommand, printResult } from '../../core/command.ts'
import { statusLine, statusText } from '../daemon/status-text.ts'
import { type AskDaemon, findDaemon } from './ask-daemon.ts'

const watchEveryMs = 2_000

export const command = defineCommand({
  options: { watch: { summary: 'go on showing it until interrupted', short: 'w' } },
  examples: [
    { line: 'footman agent status', explains: 'what this machine lends, and what it builds' },
    { line: 'footman agent status --watch', explains: 'the same, every two seconds' },
  ],
  reads: true,
  async run(context, { watch }) {
    const ask = await findDaemon(context)
    if (watch) return await keepShowing(context, ask)
    const status = await ask({ request: 'status' })
    printResult(context, status, () => statusText(status, Date.now()))
  },
})

/** On a terminal the picture is drawn anew; elsewhere a line is added when something changed. */
async function keepShowing(context: CommandContext, ask: AskDaemon): Promise<void> {
  const { out, json, signal } = context
  let last = ''
  while (!signal.aborted) {
    const status = await ask({ request: 'status' })
    const line = json ? JSON.stringify(status) : `${status.machine}: ${statusLine(status, Date.now())}`
    if (out.isTTY && !json) out.write(`${clearScreen}${statusText(status, Date.now())}`)
    else if (line !== last) out.write(`${line}\n`)
    last = line
    await systemClock.sleep(watchEveryMs, signal)
  }
}

/** Cursor to the top left, then everything below it away. */
const clearScreen = '\u001b[H\u001b[J'
