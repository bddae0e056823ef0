import type { Caller } from '../auth.ts'
import type { State } from '../state.ts'
import type { QueueView } from '../why.ts'

/** Who looks at what, when: everything that an exported object depends on. */
export interface Viewer {
  state: State
  caller: Caller
  /** The configured URL, with trailing slash. */
  rootUrl: string
  now: number
  queue: QueueView
}
