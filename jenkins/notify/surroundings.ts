import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'

/** What messengers need of the world. */
export interface Surroundings {
  env: NodeJS.ProcessEnv
  cwd: string
  log: Log
  clock: Clock
  random: () => number
  signal?: AbortSignal | undefined
}
