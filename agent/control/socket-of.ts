import { type PathsOptions, socketPath } from '../../core/paths.ts'
import { controllerIdOf } from '../identity.ts'

/** Where the daemon of this user that serves a controller is reached: one machine may lend to several. */
export function controlSocketOf(controllerUrl: string, options: PathsOptions = {}): string {
  return socketPath(`agent-${controllerIdOf(controllerUrl)}`, options)
}
