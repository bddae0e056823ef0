import { acceptParameters } from './accept.ts'
import type { Constraint, Parameter, StepDefinition } from './definition.ts'
import { environmentOf } from './exchange.ts'
import type { Rule } from './rules.ts'

export interface StepCall {
  parameters: Record<string, unknown>
  body: boolean
}

export interface StepTests {
  /** Calls that are taken, and the variables in which the resource finds them. */
  accepted: { call: StepCall; variables: Record<string, string> }[]
  /** Calls that are refused, and in which words. */
  refused: { call: StepCall; says: string }[]
}

/**
 * Calls that show what a step takes and what it does not, worked out from its definition. The generated Groovy tests
 * hold the step against them, so that Groovy and footman itself are known to agree.
 */
export function stepTests(definition: StepDefinition): StepTests {
  const sample = sampleCall(definition)
  const calls = sample ? [sample, ...variations(definition, sample)] : []
  const tests: StepTests = { accepted: [], refused: [] }
  for (const call of [...calls, ...wrongCalls(definition, sample)]) {
    const accepted = acceptParameters(definition, call.parameters, call.body)
    if ('problem' in accepted) tests.refused.push({ call, says: `${definition.name}: ${accepted.problem}` })
    else tests.accepted.push({ call, variables: environmentOf(definition, accepted.values) })
  }
  return tests
}

/** The shortest call that a step accepts; undefined when none can be worked out. */
export function sampleCall(definition: StepDefinition): StepCall | undefined {
  const body = definition.shape === 'block'
  const parameters: Record<string, unknown> = {}
  for (const [name, parameter] of Object.entries(definition.parameters)) {
    if (parameter.required || (name === 'command' && definition.shape === 'both')) {
      parameters[name] = goodValue(parameter)
    }
  }
  for (const constraint of definition.constraints ?? []) {
    if (constraint.kind === 'needs' && isNeeded(constraint, definition, parameters)) {
      const needed = definition.parameters[constraint.needs]
      if (needed) parameters[constraint.needs] = constraint.needsValue ?? goodValue(needed)
    }
    if (constraint.kind !== 'exactlyOne') continue
    const [first = ''] = constraint.of.filter((name) => name !== 'body')
    const parameter = definition.parameters[first]
    const isThere = constraint.of.some((name) => (name === 'body' ? body : name in parameters))
    if (!isThere && parameter) parameters[first] = goodValue(parameter)
  }
  const accepted = acceptParameters(definition, parameters, body)
  return 'problem' in accepted ? undefined : { parameters, body }
}

function isNeeded(
  { parameter, equals }: Constraint & { kind: 'needs' },
  { parameters }: StepDefinition,
  given: Readonly<Record<string, unknown>>,
): boolean {
  const declared = parameters[parameter]
  const fallback = declared && 'default' in declared ? declared.default : undefined
  return equals !== undefined && (given[parameter] ?? fallback) === equals
}

/** The sample with one more parameter each; what constraints say of that is for `acceptParameters` to tell. */
function variations(definition: StepDefinition, sample: StepCall): StepCall[] {
  return Object.entries(definition.parameters)
    .filter(([name]) => name !== 'dryRun' && !(name in sample.parameters))
    .map(([name, parameter]) => ({
      ...sample,
      parameters: { ...sample.parameters, [name]: goodValue(parameter) },
    }))
}

function wrongCalls(definition: StepDefinition, sample: StepCall | undefined): StepCall[] {
  const base = sample ?? { parameters: {}, body: definition.shape === 'block' }
  const names = Object.keys(definition.parameters)
  const wrong = Object.entries(definition.parameters).flatMap(([name, parameter]) =>
    badValues(parameter).map((value) => ({ ...base, parameters: { ...base.parameters, [name]: value } })),
  )
  const without = names
    .filter((name) => name in base.parameters)
    .map((name) => ({
      ...base,
      parameters: Object.fromEntries(Object.entries(base.parameters).filter(([key]) => key !== name)),
    }))
  return [
    { ...base, parameters: { ...base.parameters, [`${names[0]}x`]: 'x' } },
    { ...base, parameters: { ...base.parameters, noSuchParameter: 'x' } },
    { ...base, body: !base.body },
    ...without,
    ...wrong,
  ]
}

function goodValue(parameter: Parameter): unknown {
  switch (parameter.type) {
    case 'string':
      return parameter.rule.accepts[0]
    case 'boolean':
      return !parameter.default
    case 'integer':
      return parameter.maximum
    case 'choice':
      return parameter.choices.at(-1)
    case 'list':
      return [...parameter.rule.accepts]
    case 'map':
      return { [parameter.keyRule.accepts[0]]: parameter.rule.accepts[0] }
    case 'command':
      return ['echo', "it's", '$HOME', 'two\nlines']
    case 'credentials':
      return 'some-credential'
    default:
      return 'some text\nof two lines, 100 % of $HOME'
  }
}

function badValues(parameter: Parameter): unknown[] {
  const bad = (rule: Rule) => rule.refuses.map((value) => value as unknown)
  switch (parameter.type) {
    case 'string':
      return [5, true, [], ...bad(parameter.rule)]
    case 'boolean':
      return ['yes', 1, []]
    case 'integer':
      return [parameter.minimum - 1, parameter.maximum + 1, 'many', true, []]
    case 'choice':
      return ['no such choice', 5]
    case 'list':
      return [parameter.rule.accepts[0], [5], ...bad(parameter.rule).map((value) => [value])]
    case 'map':
      return [
        'text',
        ...bad(parameter.rule).map((value) => ({ [parameter.keyRule.accepts[0]]: value })),
        ...bad(parameter.keyRule).map((key) => ({ [String(key)]: parameter.rule.accepts[0] })),
      ]
    case 'credentials':
      return [5, '', '-x']
    default:
      return [5, '', {}]
  }
}
