import type { Parameter } from './definition.ts'
import { credentialsId, obeys } from './rules.ts'

/** A value as the step sees it, or what it would have to be. */
export type ReadValue = { value: unknown } | { expects: string }

/** Characters, as Java and JavaScript count them. */
const longestText = 65_536

/** Reads one value. Numbers and switches may be text, because variables are; a single text is no list. */
export function readValue(parameter: Parameter, value: unknown): ReadValue {
  switch (parameter.type) {
    case 'string':
      return isText(value) && obeys(parameter.rule, value) ? { value } : { expects: parameter.rule.expects }
    case 'credentials':
      return isText(value) && obeys(credentialsId, value) ? { value } : { expects: credentialsId.expects }
    case 'text':
      return isText(value) && fits(value) ? { value } : { expects: 'a text of at most 65,536 characters' }
    case 'boolean':
      return readBoolean(value)
    case 'integer':
      return readInteger(parameter, value)
    case 'choice':
      return isText(value) && parameter.choices.includes(value)
        ? { value }
        : { expects: `one of ${parameter.choices.join(', ')}` }
    case 'list':
      return Array.isArray(value) && value.every((item) => isText(item) && obeys(parameter.rule, item))
        ? { value: [...value] }
        : { expects: `a list, each item ${parameter.rule.expects}` }
    case 'map':
      return readMap(parameter, value)
    case 'command':
      return readCommand(value)
  }
}

/** The sentence that refuses a value; a secret is not shown. */
export function refusal(name: string, parameter: Parameter, value: unknown, expects: string): string {
  return `'${name}' must be ${expects}${parameter.secret ? '' : `, but it is ${describe(value)}`}`
}

/** Text as one short line. */
export function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not reach a terminal
  const line = text.replace(/[\u0000-\u001f\u007f]/g, ' ')
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}

function readBoolean(value: unknown): ReadValue {
  if (typeof value === 'boolean') return { value }
  return value === 'true' || value === 'false' ? { value: value === 'true' } : { expects: 'true or false' }
}

function readInteger(parameter: Parameter & { type: 'integer' }, value: unknown): ReadValue {
  const { minimum, maximum } = parameter
  const text = Number.isSafeInteger(value) || isText(value) ? String(value) : ''
  const number = Number(text)
  if (/^-?[0-9]{1,15}$/.test(text) && number >= minimum && number <= maximum) return { value: number }
  return { expects: `a whole number from ${minimum} to ${maximum}` }
}

function readMap(parameter: Parameter & { type: 'map' }, value: unknown): ReadValue {
  const { keyRule, rule } = parameter
  const expects = `a map, each key ${keyRule.expects}, each value ${rule.expects}`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { expects }
  const entries = Object.entries(value)
  const isPlain = entries.every(
    ([key, item]) => isScalar(item) && obeys(keyRule, key) && obeys(rule, String(item)),
  )
  return isPlain
    ? { value: Object.fromEntries(entries.map(([key, item]) => [key, String(item)])) }
    : { expects }
}

/** A list of words becomes a line that a shell splits into just these words. */
function readCommand(value: unknown): ReadValue {
  const words = Array.isArray(value) && value.every((word) => isText(word) || typeof word === 'number')
  const text = isText(value) ? value : words ? value.map(quote).join(' ') : ''
  return text.trim() !== '' && fits(text)
    ? { value: text }
    : { expects: 'a text for bash or a list of words, at most 65,536 characters' }
}

function quote(word: unknown): string {
  return `'${String(word).replaceAll("'", "'\\''")}'`
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isScalar(value: unknown): boolean {
  return isText(value) || typeof value === 'number' || typeof value === 'boolean'
}

function fits(text: string): boolean {
  return text !== '' && text.length <= longestText && !text.includes('\0')
}

function describe(value: unknown): string {
  if (isText(value)) return `'${shown(value)}'`
  if (Array.isArray(value)) return `the list ['${shown(value.map(String).join("', '"))}']`
  if (isScalar(value)) return String(value)
  const entries = Object.entries(value ?? {}).map(([key, item]) => `${key}: ${String(item)}`)
  return `the map [${shown(entries.join(', '))}]`
}
