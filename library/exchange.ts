import { type StepDefinition, variableOf } from './definition.ts'

/** What a resource reported through `result`, `report` and `body_env`. */
export interface Results {
  values: Record<string, unknown>
  /** Variables of the body; `PATH+NAME` puts a folder first on the PATH. */
  environment: [name: string, value: string][]
  report: string
}

/**
 * The environment in which a resource finds accepted values: everything that is declared, empty when not given.
 * Credentials are left out: whoever binds them knows what they hold.
 */
export function environmentOf(
  { parameters }: StepDefinition,
  values: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([, { type }]) => type !== 'credentials')
      .map(([name]) => [variableOf(name), environmentText(values[name])]),
  )
}

/** A value in the environment. Percent and dollar signs are encoded: Jenkins replaces what looks like a variable. */
export function environmentText(value: unknown): string {
  return plainText(value).replaceAll('%', '%25').replaceAll('$', '%24')
}

/** Reads the file of results. Lines that the definition does not know are left out. */
export function readResults({ returns }: StepDefinition, text: string): Results {
  const results: Results = { values: {}, environment: [], report: '' }
  for (const line of text.split('\n')) {
    const at = line.indexOf('=')
    const name = line.slice(0, Math.max(at, 0))
    const value = line
      .slice(at + 1)
      .replaceAll('%0A', '\n')
      .replaceAll('%25', '%')
    const known = returns[name]
    if (name === '.report') results.report = value
    else if (name.startsWith('.env.')) results.environment.push([name.slice('.env.'.length), value])
    else if (known) results.values[name] = typed(known.type, value)
  }
  return results
}

function plainText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.join('\n')
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .map(([key, item]) => `${key}=${String(item)}`)
    .join('\n')
}

function typed(type: string, value: string): unknown {
  if (type === 'integer') return /^-?[0-9]{1,15}$/.test(value) ? Number(value) : null
  if (type === 'boolean') return value === 'true'
  if (type === 'list') return value === '' ? [] : value.split('\n')
  return value
}
