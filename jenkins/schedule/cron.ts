import { createTask, validateDetailed } from 'node-cron'

/** What is wrong with a field of a cron expression; `field` is undefined when it is the whole. */
export interface CronProblem {
  field: string | undefined
  message: string
}

/** Everything that is wrong with a cron expression of five fields, or of six with seconds in front; empty when it can be used. */
export function cronProblems(expression: string): CronProblem[] {
  return validateDetailed(expression).errors.map(({ field, value = '', message }) => {
    const name = fieldNames[field]
    if (name === undefined)
      return { field: undefined, message: `${message} in ${JSON.stringify(expression)}` }
    return { field: name, message: `${value} is nothing that the field ${name} can be` }
  })
}

const fieldNames: Record<string, string> = {
  second: 'second',
  minute: 'minute',
  hour: 'hour',
  dayOfMonth: 'day of month',
  month: 'month',
  dayOfWeek: 'day of week',
}

/**
 * When an expression comes true next, so many times, by the clock on the wall of the time zone (default: this machine's),
 * in ms since 1970. Empty when that is never. Throws Error for an expression with problems.
 */
export function nextRuns(expression: string, count: number, timeZone?: string): number[] {
  const task = createTask(expression, () => undefined, timeZone === undefined ? {} : { timezone: timeZone })
  return task.getNextRuns(count).map((date) => date.getTime())
}
