import { isTransient, messageOf } from '../../core/errors.ts'
import { retry } from '../../core/retry.ts'
import type { Transaction } from './transactions.ts'
import type { Work } from './work.ts'

/** By this text we know our own quiet mode again. */
export function quietReason(message: string, transaction: string): string {
  return `${message} (footman ${transaction})`
}

/** How long a controller that was quieted down may take to hear that it is over, ms. */
const withinMs = 10_000

/** Ends quiet mode if it is ours. A controller that does not answer is left alone, and told of: it did not a moment ago. */
export async function endQuietMode(work: Work, { id, begin }: Transaction): Promise<void> {
  const { log } = work.options
  const jenkins = work.options.jenkinsIn(begin.old.id)
  if (!jenkins) return
  try {
    await retry(
      async () => {
        const { quietingDown, quietDownReason } = await jenkins.root()
        if (quietingDown && quietDownReason?.includes(id)) await jenkins.cancelQuietDown()
      },
      { withinMs, isRetryable: isTransient, clock: work.clock, random: work.random },
    )
  } catch (error) {
    log.warn(`cannot end the quiet mode of ${begin.places.controller}: ${messageOf(error)}`)
    log.warn('end it by hand: Manage Jenkins, Cancel Shutdown')
  }
}
