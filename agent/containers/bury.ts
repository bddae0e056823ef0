import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-write.ts'
import { messageOf } from '../../core/errors.ts'
import { redact } from '../../core/secret.ts'
import type { ExecuteContext } from '../daemon/edges.ts'
import { causeInLog } from '../transports/inbound/link.ts'
import type { Action } from '../world.ts'

type Removal = Extract<Action, { kind: 'remove' }>

/**
 * Keeps what a failed container leaves behind: the tail of its log in a file, and one line that says why it failed,
 * as well as the controller and the log can tell. Never throws: a grave without a stone is no reason to keep the body.
 */
export async function bury(removal: Removal, context: ExecuteContext): Promise<void> {
  const { log, engine, plan, signal } = context
  const lines = plan.config.container.logLines
  const tail = await engine.logs(removal.containerId, lines, signal).catch((error: unknown) => ({ error }))
  const cause = await explain(removal, typeof tail === 'string' ? tail : '', context)
  const kept = typeof tail === 'string' ? await keep(tail, removal.slot, plan.stateDir) : tail
  const where =
    'path' in kept
      ? `its last lines are in ${kept.path}`
      : `its log could not be kept (${messageOf(kept.error)})`
  log.warn(`${removal.slot}: ${removal.because}${cause ? ` (${cause})` : ''}; ${where}`)
}

/** One file for each slot, for the eyes of this user alone: builds print all sorts of things. */
async function keep(
  tail: string,
  slot: string,
  stateDir: string,
): Promise<{ path: string } | { error: unknown }> {
  const folder = join(stateDir, 'logs')
  const path = join(folder, `${slot}.log`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFileAtomic(path, redact(tail), { mode: 0o600 })
    return { path }
  } catch (error) {
    return { error }
  }
}

/** Why it failed beyond what the engine told. Of one that was connected only its log can tell; the way in was open. */
async function explain(removal: Removal, tail: string, context: ExecuteContext): Promise<string | undefined> {
  const { jenkins, plan, secrets, signal } = context
  const agentUrl = plan.config.controller.agentUrl ?? jenkins.url
  const inLog = causeInLog(tail, agentUrl)
  if (context.hasConnected(removal.containerId)) return inLog
  try {
    const secret = secrets.get(removal.slot) ?? (await jenkins.inboundSecret(removal.slot, signal))
    const attempt = { jenkins, node: removal.slot, secret, log: tail, agentUrl }
    return await plan.transport.explain(attempt, signal)
  } catch {
    // The controller cannot be asked now, or no longer knows the node; that it failed is told all the same.
    return inLog
  }
}
