import { nearest } from '../core/nearest.ts'
import { constraintProblem, type Given, shapeProblem } from './constraints.ts'
import type { StepDefinition } from './definition.ts'
import { environmentText } from './exchange.ts'
import { readValue, refusal, shown } from './values.ts'

export type Accepted =
  | { problem: string }
  /** Values by parameter, as the step sees them; and words for the log about outdated names. */
  | { values: Record<string, unknown>; notes: string[] }

/** Linux gives a process at most 128 KiB in one variable, its name and an end mark included. */
const longestVariable = 131_000

/**
 * Accepts what a step was given, or says in one sentence what is wrong. The generated class Parameters.groovy does the
 * same in the same words; a test holds the two against each other.
 */
export function acceptParameters(
  definition: StepDefinition,
  given: Readonly<Record<string, unknown>>,
  hasBody: boolean,
): Accepted {
  const named = nameThem(definition, given)
  if ('problem' in named) return named
  const values: Record<string, unknown> = {}
  for (const [name, parameter] of Object.entries(definition.parameters)) {
    if (Object.hasOwn(named.values, name)) {
      const read = readValue(parameter, named.values[name])
      if ('expects' in read) return { problem: refusal(name, parameter, named.values[name], read.expects) }
      values[name] = read.value
    } else if (parameter.required) {
      return { problem: `'${name}' is missing: ${parameter.summary}` }
    } else if ('default' in parameter && parameter.default !== undefined) {
      values[name] = parameter.default
    }
  }
  const all: Given = { values, isGiven: (name) => Object.hasOwn(named.values, name), hasBody }
  const problem = shapeProblem(definition, all) ?? constraintProblem(definition, all) ?? lengthProblem(values)
  return problem ? { problem } : { values, notes: named.notes }
}

/** The given values under the names that are in use now, without those that are null. */
function nameThem(
  definition: StepDefinition,
  given: Readonly<Record<string, unknown>>,
): { problem: string } | { values: Record<string, unknown>; notes: string[] } {
  const values: Record<string, unknown> = {}
  const notes: string[] = []
  for (const [key, value] of Object.entries(given)) {
    const name = currentName(definition, key)
    if (name === undefined) return { problem: unknown(definition, key) }
    if (name !== key) notes.push(`'${key}' is now called '${name}'`)
    if (value !== null && value !== undefined) values[name] = value
  }
  return { values, notes }
}

function currentName(definition: StepDefinition, key: string): string | undefined {
  if (Object.hasOwn(definition.parameters, key)) return key
  return Object.entries(definition.parameters).find(([, { formerly }]) => formerly?.includes(key))?.[0]
}

function unknown(definition: StepDefinition, key: string): string {
  const names = Object.keys(definition.parameters)
  const closest = key.length > 60 ? undefined : nearest(key, names)
  const advice = closest ? `did you mean '${closest}'?` : `it takes ${names.join(', ')}`
  return `there is no parameter '${shown(key)}'; ${advice}`
}

function lengthProblem(values: Readonly<Record<string, unknown>>): string | undefined {
  const tooLong = Object.keys(values).find((name) => {
    const value = values[name]
    // A character takes at most three bytes, and its encoding three characters: short texts need no counting.
    const isShort = typeof value !== 'object' && String(value).length * 9 < longestVariable
    return !isShort && Buffer.byteLength(environmentText(value)) > longestVariable
  })
  return tooLong && `'${tooLong}' is too long: a process takes at most 128 KiB in one variable`
}
