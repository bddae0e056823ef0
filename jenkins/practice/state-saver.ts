import { writeFileAtomic } from '../../core/atomic-write.ts'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import type { State } from './state.ts'
import { freezeState } from './state-file.ts'

/** Keeps a file in step with a state, if there is a file. */
export interface StateSaver {
  /** Writes within a moment, together with what changes until then. */
  soon(): void
  /** Writes now. Throws UserError when the file system refuses. */
  now(): Promise<void>
}

const momentMs = 200

export function createStateSaver(options: {
  file: string | undefined
  state: () => State
  clock: Clock
  log: Log
}): StateSaver {
  const { file, clock, log } = options
  let writing = Promise.resolve()
  let isDue = false
  // One write after the other, so that the last one is the newest.
  const write = async () => {
    if (file !== undefined) await writeFileAtomic(file, freezeState(options.state()), { mode: 0o600 })
  }
  const now = () => {
    const next = writing.then(write)
    writing = next.catch(() => undefined)
    return next
  }
  return {
    now,
    soon: () => {
      if (file === undefined || isDue) return
      isDue = true
      const save = () => {
        isDue = false
        return now()
      }
      clock
        .sleep(momentMs)
        .then(save)
        .catch((error) => log.error(messageOf(error)))
    },
  }
}
