import type { Clock } from '../../core/clock.ts'
import type { Log, LogLevel } from '../../core/log.ts'
import { redact } from '../../core/secret.ts'
import type { AgentStatus } from '../control/protocol.ts'

export interface News {
  log: Log
  /** The latest lines, oldest first. */
  readonly events: AgentStatus['events']
}

/** Events that `status` still shows. */
const keptEvents = 20

/** A log whose latest lines `status` can show to somebody who was not there to read them. */
export function createNews(log: Log, clock: Clock): News {
  const events: AgentStatus['events'] = []
  const said = new Set<string>()
  const note = (text: string) => {
    events.push({ atMs: clock.now(), text: redact(text) })
    if (events.length > keptEvents) events.shift()
  }
  const passOn = (level: Exclude<LogLevel, 'debug'>) => (text: string, fields?: Record<string, unknown>) => {
    log[level](text, fields)
    note(text)
  }
  return {
    events,
    log: {
      debug: log.debug,
      info: passOn('info'),
      warn: passOn('warn'),
      error: passOn('error'),
      once: (level, text) => {
        log.once(level, text)
        if (level !== 'debug' && !said.has(text)) note(text)
        said.add(text)
      },
    },
  }
}
