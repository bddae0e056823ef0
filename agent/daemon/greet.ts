import type { Clock } from '../../core/clock.ts'
import { isTransient, messageOf, RemoteError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { retry } from '../../core/retry.ts'
import type { ControllerState, Jenkins } from '../../jenkins/jenkins.ts'

export interface GreetOptions {
  jenkins: Jenkins
  log: Log
  clock: Clock
  signal: AbortSignal
}

/**
 * Waits, as long as it takes, for a controller that is away or booting: a daemon may start before its network does.
 * A refusal is believed at once: throws RemoteError.
 */
export async function greet({ jenkins, log, clock, signal }: GreetOptions): Promise<ControllerState> {
  const state = await retry(() => jenkins.root(signal), {
    withinMs: Number.MAX_SAFE_INTEGER,
    firstPauseMs: 2_000,
    maxPauseMs: 60_000,
    isRetryable: isTransient,
    onRetry: (error) => log.warn(`${messageOf(error)}; trying again`),
    clock,
    signal,
  })
  const { name, anonymous } = await jenkins.whoAmI(signal)
  if (anonymous) {
    throw new RemoteError('unauthenticated', `${jenkins.url} takes us for nobody`, {
      hint: 'check controller.user and controller.token',
    })
  }
  log.info(`Jenkins ${state.version} at ${jenkins.url}, as ${name}`)
  return state
}
