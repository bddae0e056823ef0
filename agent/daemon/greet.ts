import { RemoteError } from '../../core/errors.ts'
import type { ControllerState, Jenkins } from '../../jenkins/jenkins.ts'
import { type PersistOptions, persist } from './persist.ts'

export interface GreetOptions extends PersistOptions {
  jenkins: Jenkins
}

/** Waits for the controller and asks it who we are. Throws RemoteError when it does not want us. */
export async function greet({ jenkins, ...options }: GreetOptions): Promise<ControllerState> {
  const { log, signal } = options
  const state = await persist(() => jenkins.root(signal), options)
  const { name, anonymous } = await persist(() => jenkins.whoAmI(signal), options)
  if (anonymous) {
    throw new RemoteError('unauthenticated', `${jenkins.url} takes us for nobody`, {
      hint: 'check controller.user and controller.token',
    })
  }
  log.info(`Jenkins ${state.version} at ${jenkins.url}, as ${name}`)
  return state
}
