import { ConfigError } from '../../core/errors.ts'

/** A time of lending that returns every week. Minutes count from midnight, local time. */
export interface Hours {
  /** Days on which it begins, 0 is Sunday. */
  days: readonly number[]
  fromMinute: number
  /** At or below `fromMinute` it ends on the next day. */
  toMinute: number
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const shape = /^(?:([A-Za-z]{3})(?:-([A-Za-z]{3}))? )?(\d{2}):(\d{2})-(\d{2}):(\d{2})$/

/**
 * Reads `18:00-08:00` or `Mon-Fri 18:00-08:00`; the days name when it begins, so Friday's lasts into Saturday.
 * Throws ConfigError on a day or a time that does not exist.
 */
export function parseHours(text: string): Hours {
  const [, first, last, ...numbers] = shape.exec(text) ?? []
  const [fromHour = 99, fromMinute = 99, toHour = 99, toMinute = 99] = numbers.map(Number)
  const days = daysOf(first, last)
  const from = minuteOf(fromHour, fromMinute)
  const to = minuteOf(toHour, toMinute)
  if (!days || from === undefined || to === undefined || from === 24 * 60) {
    throw new ConfigError(`policy.hours: "${text}" is no time of the week`, {
      hint: 'write e.g. "18:00-08:00" or "Mon-Fri 18:00-08:00"; days are Mon Tue Wed Thu Fri Sat Sun',
    })
  }
  return { days, fromMinute: from, toMinute: to }
}

/** Whether it is now time to lend, and when (ms) that changes; undefined when it never does. No hours at all: always. */
export function withinHours(
  hours: readonly Hours[],
  nowMs: number,
): { within: boolean; changesAtMs: number | undefined } {
  if (hours.length === 0) return { within: true, changesAtMs: undefined }
  const spans = hours.flatMap((one) => spansOf(one, nowMs)).sort((a, b) => a.startMs - b.startMs)
  const within = spans.some((span) => contains(span, nowMs))
  if (!within) return { within, changesAtMs: spans.find(({ startMs }) => startMs > nowMs)?.startMs }
  let endMs = nowMs
  for (const span of spans) if (contains(span, endMs)) endMs = span.endMs
  return { within, changesAtMs: endMs > nowMs + foreseenDays * dayMs ? undefined : endMs }
}

interface Span {
  startMs: number
  endMs: number
}

const dayMs = 86_400_000
const foreseenDays = 8

/** When these hours really begin and end around now; calendar days, since a day of changing clocks is not 24 hours long. */
function spansOf({ days, fromMinute, toMinute }: Hours, nowMs: number): Span[] {
  const today = new Date(nowMs)
  const at = (offset: number, minute: number) =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() + offset, 0, minute).getTime()
  const lastsOver = toMinute <= fromMinute ? 1 : 0
  return Array.from({ length: foreseenDays + 3 }, (_, index) => index - 1)
    .filter((offset) => days.includes(new Date(at(offset, 12 * 60)).getDay()))
    .map((offset) => ({ startMs: at(offset, fromMinute), endMs: at(offset + lastsOver, toMinute) }))
}

function contains({ startMs, endMs }: Span, ms: number): boolean {
  return startMs <= ms && ms < endMs
}

function daysOf(first: string | undefined, last: string | undefined): number[] | undefined {
  if (first === undefined) return [0, 1, 2, 3, 4, 5, 6]
  const from = dayNames.indexOf(first.toLowerCase())
  const to = dayNames.indexOf((last ?? first).toLowerCase())
  if (from < 0 || to < 0) return undefined
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => (from + index) % 7)
}

function minuteOf(hour: number, minute: number): number | undefined {
  const total = hour * 60 + minute
  return minute < 60 && total <= 24 * 60 ? total : undefined
}
