import type { z } from 'zod'

type Issue = z.core.$ZodRawIssue

/**
 * Says what a schema expected, for every issue that the schema itself has no words for. Given to zod as the error map
 * of one parse, so that a schema's own `error` text comes first.
 */
export function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typeNames[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `expected ${oneOf(issue.values.map(String))}`
    case 'too_small':
      return `expected ${amount(issue.origin, issue.minimum, issue.inclusive === false ? 'more than' : 'at least')}`
    case 'too_big':
      return `expected ${amount(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most')}`
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`
    case 'invalid_format':
      return `expected text of the form ${issue.pattern ?? issue.format}`
    default:
      return 'expected another value'
  }
}

const typeNames: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of settings',
  record: 'a mapping of names to values',
}

function oneOf(values: readonly string[]): string {
  return values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
}

function amount(origin: string, limit: number | bigint, comparison: string): string {
  if (origin === 'array') return `a list of ${comparison} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  if (origin !== 'string') return `${comparison} ${limit}`
  if (comparison === 'at least' && limit === 1) return 'text that is not empty'
  return `${comparison} ${limit} characters`
}

/**
 * Says what was found instead. Scalars are quoted in short form, unless they are secret; passwords inside URLs never are.
 */
export function found(value: unknown, secret: boolean): string {
  if (Array.isArray(value)) return 'found a list'
  if (value === null || value === undefined) return 'found nothing'
  if (typeof value === 'object') return 'found a mapping'
  if (secret) return `found a ${typeof value === 'string' ? 'text' : typeof value} that is not shown`
  if (typeof value !== 'string') return `found ${typeof value === 'number' ? 'the number ' : ''}${value}`
  const shown = withoutUserInfo(value)
  return `found the text ${JSON.stringify(shown.length > 60 ? `${shown.slice(0, 57)}...` : shown)}`
}

/** The text with user names and passwords taken out of any URL in it; rather too much than too little. */
export function withoutUserInfo(text: string): string {
  return text.replace(/\/\/\S*@/g, '//[redacted]@')
}
