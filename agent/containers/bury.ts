import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-write.ts'
import { messageOf } from '../../core/errors.ts'
import { redact } from '../../core/secret.ts'
import type { ExecuteContext } from '../daemon/edges.ts'
import type { Action } from '../world.ts'

/**
 * Keeps what a failed container leaves behind: the tail of its log in a file, and one line that says why it failed,
 * as well as the controller and the log can tell. Never throws: a grave without a stone is no reason to keep the body.
 */
export async function bury(
  action: Extract<Action, { kind: 'remove' }>,
  context: ExecuteContext,
): Promise<void> {
  const { engine, log, plan, signal } = context
  try {
    const tail = redact(await engine.logs(action.containerId, plan.config.container.logLines, signal))
    const path = join(plan.stateDir, 'logs', `${action.slot}.log`)
    await mkdir(join(plan.stateDir, 'logs'), { recursive: true, mode: 0o700 })
    await writeFileAtomic(path, tail, { mode: 0o600 })
    const cause = await explain(action.slot, tail, context)
    log.warn(`${action.slot}: ${action.because}${cause ? ` (${cause})` : ''}; its last lines are in ${path}`)
  } catch (error) {
    log.warn(`${action.slot}: ${action.because}; its log could not be kept (${messageOf(error)})`)
  }
}

async function explain(slot: string, tail: string, context: ExecuteContext): Promise<string | undefined> {
  const { jenkins, plan, secrets, signal } = context
  const secret = secrets.get(slot)
  if (!secret) return undefined
  const agentUrl = plan.config.controller.agentUrl ?? jenkins.url
  return await plan.transport.explain({ jenkins, node: slot, secret, log: tail, agentUrl }, signal)
}
