import { type CommandContext, printResult } from '../../core/command.ts'
import { loadAgentConfig } from '../config/load.ts'
import { callControl } from '../control/client.ts'
import type { AgentStatus, ControlRequest } from '../control/protocol.ts'
import { controlSocketOf } from '../control/socket-of.ts'
import { statusLine } from '../daemon/status-text.ts'

/** A way to ask the daemon that serves the configured controller. */
export type AskDaemon = (request: ControlRequest) => Promise<AgentStatus>

/** Finds the daemon by the configuration. Throws ConfigError; whether a daemon runs shows only when it is asked. */
export async function findDaemon(context: CommandContext): Promise<AskDaemon> {
  const { value } = await loadAgentConfig(context)
  const socketPath = controlSocketOf(value.controller.url, { env: context.env })
  return (request) => callControl(socketPath, request, { signal: context.signal })
}

/**
 * Has the daemon do something, and prints in one line where that leaves it. Under --dry-run it only says what would be asked;
 * then there is no answer.
 */
export async function tellDaemon(
  context: CommandContext,
  request: ControlRequest,
  inWords: string,
): Promise<{ ask: AskDaemon; status: AgentStatus } | undefined> {
  const ask = await findDaemon(context)
  if (context.dryRun) {
    const { machine } = await ask({ request: 'status' })
    printResult(context, request, () => `would ${inWords} on ${machine}`)
    return undefined
  }
  return { ask, status: await ask(request) }
}

/** Where the daemon stands, in one line or as JSON. */
export function printStatus(context: CommandContext, status: AgentStatus): void {
  printResult(context, status, () => `${status.machine}: ${statusLine(status, Date.now())}`)
}
