import { ConfigError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import type { LibraryConfig } from './config.ts'
import type { OrganisationKey, Parameter, StepDefinition } from './definition.ts'
import { compare, withSortedKeys } from './order.ts'
import { reservedNames } from './reserved-names.ts'
import { readValue, refusal } from './values.ts'

/** A step as one library has it: chosen, renamed, with the organisation's defaults. */
export interface ResolvedStep {
  /** The name in footman; templates and resources go by it. */
  origin: string
  /** The definition under the library's name for it. */
  definition: StepDefinition
}

/**
 * The steps of a library, in the order of their names. Throws ConfigError when the configuration names what does not
 * exist, gives a default that the step itself would refuse, or leads to a name that a library must not have.
 */
export function resolveSteps(steps: readonly StepDefinition[], config: LibraryConfig): ResolvedStep[] {
  const known = steps.map(({ name }) => name)
  for (const [setting, names] of Object.entries({
    steps: config.steps,
    exclude: config.exclude,
    defaults: Object.keys(config.defaults),
  })) {
    for (const name of names) if (!known.includes(name)) throw unknownStep(setting, name, known)
  }
  const chosen = steps.filter(
    ({ name }) =>
      (config.steps.length === 0 || config.steps.includes(name)) && !config.exclude.includes(name),
  )
  if (chosen.length === 0) {
    throw new ConfigError('the library would have no steps', { hint: 'take a name out of exclude' })
  }
  const resolved = chosen.map((definition) => ({
    origin: definition.name,
    definition: {
      ...definition,
      name: libraryName(config.prefix, definition.name),
      parameters: withDefaults(definition, config),
    },
  }))
  refuseNames(resolved)
  return resolved.toSorted((a, b) => compare(a.definition.name, b.definition.name))
}

/** The name of a step in the library: `withEatMyData` is `acmeWithEatMyData` with the prefix `acme`. */
export function libraryName(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`
}

function withDefaults(definition: StepDefinition, config: LibraryConfig): Record<string, Parameter> {
  const given = config.defaults[definition.name] ?? {}
  const names = Object.keys(definition.parameters)
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue
    const meant = nearest(name, names)
    throw new ConfigError(`defaults.${definition.name}.${name}: ${definition.name} has no such parameter`, {
      hint: meant ? `did you mean ${meant}?` : `it has ${names.join(', ')}`,
    })
  }
  return Object.fromEntries(
    Object.entries(definition.parameters).map(([name, parameter]) => {
      const own = Object.hasOwn(given, name)
      const value = own ? given[name] : organisationValue(parameter.organisation, config)
      if (value === undefined) return [name, parameter]
      const setting = own ? `defaults.${definition.name}.${name}` : `organisation.${parameter.organisation}`
      return [name, withDefault(parameter, value, setting)]
    }),
  )
}

function withDefault(parameter: Parameter, value: unknown, setting: string): Parameter {
  if (parameter.type === 'command') {
    throw new ConfigError(`${setting}: a command has no default`, { hint: `take ${setting} out` })
  }
  const read = readValue(parameter, value)
  if ('expects' in read) {
    throw new ConfigError(refusal(setting, parameter, value, read.expects), { hint: `correct ${setting}` })
  }
  const { required: _, ...optional } = parameter
  // The value was read by the parameter's own type just now, which the type checker cannot see.
  return { ...optional, default: withSortedKeys(read.value) } as Parameter
}

function organisationValue(key: OrganisationKey | undefined, { organisation }: LibraryConfig): unknown {
  if (key === undefined) return undefined
  if (key.startsWith('images.')) return organisation.images[key.slice('images.'.length)]
  return organisation[key as Exclude<OrganisationKey, `images.${string}`>]
}

function refuseNames(resolved: readonly ResolvedStep[]): void {
  const seen = new Map<string, string>()
  for (const { origin, definition } of resolved) {
    if (reservedNames.has(definition.name)) {
      throw new ConfigError(`${definition.name} would hide what Jenkins or Groovy call by that name`, {
        hint: 'choose another prefix',
      })
    }
    const other = seen.get(definition.name.toLowerCase())
    if (other) {
      throw new ConfigError(`${other} and ${origin} would have the same name but for capitals`, {
        hint: 'exclude one of them, or choose another prefix',
      })
    }
    seen.set(definition.name.toLowerCase(), origin)
  }
}

function unknownStep(setting: string, name: string, known: readonly string[]): ConfigError {
  const meant = nearest(name, known)
  return new ConfigError(`${setting}: there is no step ${name}`, {
    hint: meant ? `did you mean ${meant}?` : 'footman library list shows every step',
  })
}
