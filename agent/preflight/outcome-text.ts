import { type LogSink, paint } from '../../core/log.ts'
import type { CheckOutcome } from './check.ts'
import type { PreflightResult } from './preflight.ts'

const marks = {
  ok: { word: 'ok', colour: 'green' },
  warn: { word: 'warn', colour: 'yellow' },
  fail: { word: 'FAIL', colour: 'red' },
  skipped: { word: '-', colour: 'gray' },
} as const

const nameWidth = 14

/** One check for people: what was found, and below it what to do about it. */
export function outcomeLine({ name, result, finding, cure }: CheckOutcome, sink: LogSink): string {
  const { word, colour } = marks[result]
  const line = `${paint(sink, colour, word.padEnd(4))}  ${name.padEnd(nameWidth)}  ${finding}\n`
  return cure === undefined ? line : `${line}${' '.repeat(nameWidth + 8)}cure: ${cure}\n`
}

/** What it all comes to. */
export function verdictLine({ passed, outcomes }: PreflightResult): string {
  const count = (wanted: CheckOutcome['result']) => outcomes.filter(({ result }) => result === wanted).length
  const warnings = count('warn')
  const also = warnings > 0 ? `, with ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : ''
  if (passed) return `This machine can lend${also}. Start with: footman agent run`
  const failures = count('fail')
  return `This machine cannot lend yet: ${failures} ${failures === 1 ? 'check fails' : 'checks fail'}${also}.`
}
