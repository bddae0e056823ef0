import { styleText } from 'node:util'
import { redact } from './secret.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Where lines go: stderr in the program, an array in tests. */
export interface LogSink {
  write(text: string): unknown
  isTTY?: boolean
}

export interface LogOptions {
  sink?: LogSink
  /** Lines below this level are dropped. Default `info`; --quiet is `warn`, --verbose is `debug`. */
  level?: LogLevel
  /** One JSON object per line instead of words. */
  json?: boolean
  now?: () => number
  /** Prefix words with the time of day, as a daemon wants. */
  timestamps?: boolean
}

/** What people are told while work goes on. Results never come here: they go to stdout. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
  /** Says the same message only once in the life of this log. */
  once(level: LogLevel, message: string): void
}

/** A log that writes redacted lines to a sink. */
export function createLog(options: LogOptions = {}): Log {
  const { sink = process.stderr, level = 'info', json = false, now = Date.now } = options
  const said = new Set<string>()
  const write = (at: LogLevel, message: string, fields: Record<string, unknown> = {}) => {
    if (order.indexOf(at) < order.indexOf(level)) return
    const line = json
      ? JSON.stringify({ time: new Date(now()).toISOString(), level: at, message, ...fields })
      : words(at, message, fields, options.timestamps ? timeOfDay(now()) : '', sink)
    sink.write(`${redact(line)}\n`)
  }
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    once: (at, message) => {
      if (said.has(message)) return
      said.add(message)
      write(at, message)
    },
  }
}

/** A log that says nothing. */
export const silentLog: Log = createLog({ sink: { write: () => true } })

function words(
  level: LogLevel,
  message: string,
  fields: Record<string, unknown>,
  time: string,
  sink: LogSink,
): string {
  const mark = { debug: 'debug: ', info: '', warn: 'warning: ', error: 'error: ' }[level]
  const colour = { debug: 'gray', info: 'reset', warn: 'yellow', error: 'red' } as const
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('')
  return `${time}${mark && paint(sink, colour[level], mark)}${message}${details}`
}

function timeOfDay(ms: number): string {
  const at = new Date(ms)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} `
}

/** Colours text for a sink that is a terminal; plain elsewhere, with NO_COLOR, or on a dumb terminal. */
export function paint(sink: LogSink, colour: Parameters<typeof styleText>[0], text: string): string {
  if (!sink.isTTY || process.env.NO_COLOR || process.env.TERM === 'dumb') return text
  return styleText(colour, text, { validateStream: false })
}
