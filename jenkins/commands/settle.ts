import type { CommandContext } from '../../core/command.ts'
import { RemoteError } from '../../core/errors.ts'
import { tell } from './conclude.ts'
import type { Doors } from './doors.ts'
import type { Opened } from './open.ts'
import { outcomeText } from './outcome-text.ts'

/**
 * Brings to its end what an earlier footman has left unfinished, and tells of it. Throws RemoteError `unreachable` when that has
 * to wait for the engine, and LockHeldError when another footman is at it.
 */
export async function settle(
  { settings, options }: Opened,
  doors: Doors,
  context: CommandContext,
): Promise<void> {
  const outcome = await doors.recover(options)
  if (outcome?.kind === 'deferred') {
    throw new RemoteError('unreachable', `an earlier upgrade is not brought to its end: ${outcome.reason}`, {
      hint: outcome.hint ?? 'see to the engine, then: footman jenkins recover',
    })
  }
  if (!outcome) return
  context.log.warn(outcomeText(outcome))
  await tell(outcome, context, { settings, doors })
}
