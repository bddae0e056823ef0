import { FootmanError } from '../../core/errors.ts'
import type { Jenkins } from '../jenkins.ts'
import type { Failure } from './finish.ts'
import type { Plan } from './plan.ts'
import { quietReason } from './quiet-mode.ts'
import { note, type Work } from './work.ts'

const lookEveryMs = 2_000

/** Quiets the old controller down as the settings say. A failure when builds run that must not be ended. */
export async function quietDown(work: Work, plan: Plan, id: string): Promise<Failure | undefined> {
  const { log, onPhase, signal } = work.options
  const { container } = plan.seen
  if (container.State.Running !== true) return undefined
  const jenkins = work.options.jenkinsIn(container.Id)
  if (!jenkins) {
    log.warn('builds that run are ended: without an account footman cannot wait for them')
    return undefined
  }
  onPhase?.('quiesce')
  try {
    return await askForQuiet(work, jenkins, id)
  } catch (error) {
    signal?.throwIfAborted()
    // One goes back because the controller does not work, so that it may not answer either.
    if (plan.kind !== 'rollback' || !(error instanceof FootmanError)) throw error
    log.warn(`it cannot be quieted down: ${error.message}`)
    return undefined
  }
}

async function askForQuiet(work: Work, jenkins: Jenkins, id: string): Promise<Failure | undefined> {
  const { settings, signal } = work.options
  if (settings.upgrade.quiesce.policy === 'skip') {
    const running = await builds(jenkins, signal)
    if (running.length > 0) return left(`builds run: ${list(running)}`)
  }
  await note(work, id, { entry: 'quiesce' })
  const busy = await quiesce(work, jenkins, { transaction: id, signal })
  return busy === undefined ? undefined : left(busy)
}

function left(reason: string): Failure {
  return {
    reason,
    hint: 'try again later, or set upgrade.quiesce.policy to force',
    outcome: 'skipped',
    isBlamed: false,
  }
}

/** Undefined: it is quiet, or the policy says to go on. Otherwise why it is left alone. */
type StillBusy = string | undefined

/**
 * Quiets the controller down and waits for the builds that a restart would end. Pipelines are not among them: in quiet mode they pause at
 * their next step, for as long as it lasts, and go on after the restart. At the deadline policy `force` goes on, `wait` gives up.
 */
async function quiesce(
  work: Work,
  jenkins: Jenkins,
  { transaction, signal }: { transaction: string; signal: AbortSignal | undefined },
): Promise<StillBusy> {
  const { policy, deadlineMs, message } = work.options.settings.upgrade.quiesce
  const { log } = work.options
  await jenkins.quietDown(quietReason(message, transaction), signal)
  const giveUpAt = work.clock.now() + deadlineMs
  for (;;) {
    const running = await builds(jenkins, signal)
    if (running.length === 0) return undefined
    const leftMs = giveUpAt - work.clock.now()
    if (leftMs <= 0) {
      if (policy === 'force') {
        log.warn(`going on although builds still run: ${list(running)}`)
        return undefined
      }
      return `builds still run: ${list(running)}`
    }
    log.once('info', `waiting for builds to end: ${list(running)}`)
    await work.clock.sleep(Math.min(lookEveryMs, leftMs), signal)
  }
}

/** As people can find them. */
async function builds(jenkins: Jenkins, signal?: AbortSignal): Promise<string[]> {
  const running = await jenkins.runningBuilds(signal)
  return running.flatMap(({ url, resumable }) => (resumable ? [] : [url ?? 'one that footman may not read']))
}

function list(urls: readonly string[]): string {
  const shown = urls.slice(0, 5).join(', ')
  return urls.length > 5 ? `${shown} and ${urls.length - 5} more` : shown
}
