import { constraintText } from './constraints.ts'
import { type Parameter, type StepDefinition, variableOf } from './definition.ts'
import { defaultText, javaType, resultFacts, takenBy } from './facts.ts'
import type { Context } from './render.ts'
import type { ResolvedStep } from './resolve.ts'
import { credentialsId, type Rule } from './rules.ts'

/** What the templates about one step may use. */
export function stepView(
  { origin, definition }: ResolvedStep,
  rename: (text: string) => string,
  header: string,
): Context {
  const { name, shape } = definition
  const words = (text: string) => rename(text)
  return {
    header,
    name,
    origin,
    shape: shapeWords[shape],
    takesBody: shape !== 'command',
    takesCommand: shape !== 'block',
    summary: words(definition.summary),
    description: definition.description.map(words),
    parameters: parameterViews(definition, words),
    constraints: (definition.constraints ?? []).map(constraintText),
    returns: Object.entries(definition.returns).map(([key, value]) => ({
      name: key,
      summary: words(value.summary),
      facts: resultFacts(value),
    })),
    tools: definition.tools.map(({ program, package: debian, when }) => ({
      program,
      package: debian,
      when: when ?? '',
    })),
    cleanup: definition.cleanup.map(words),
    onFailure: (definition.onFailure ?? []).map(words),
    undo: (definition.undo ?? []).map(words),
    troubles: definition.troubles.map(({ says, cure }) => ({ says: words(says), cure: words(cure) })),
    examples: definition.examples.map(({ title, declarative, scripted }) => ({
      title,
      declarative: indent(words(declarative), 16),
      scripted: words(scripted),
      inNode: indent(words(scripted), 8),
      inHelp: indent(words(scripted), 6),
    })),
    calls: callsOf(definition),
    tryIt: `footman library run ${origin}${tryParameters(definition)}`,
  }
}

/** The definition as the generated Groovy reads it, in Parameters.groovy and Exchange.groovy. */
export function groovyDefinition(
  definition: StepDefinition,
  resources: { step: string; files: readonly { resource: string; path: string }[] },
): Record<string, unknown> {
  return {
    name: definition.name,
    shape: definition.shape,
    ...(definition.instead && { instead: definition.instead }),
    resource: resources.step,
    files: resources.files,
    parameters: Object.fromEntries(
      Object.entries(definition.parameters).map(([name, parameter]) => [
        name,
        groovyParameter(name, parameter),
      ]),
    ),
    constraints: definition.constraints ?? [],
    returns: Object.fromEntries(Object.entries(definition.returns).map(([name, { type }]) => [name, type])),
    archives: definition.archives ?? [],
  }
}

const shapeWords = { command: 'as a command', block: 'around a body', both: 'as a command or around a body' }

function parameterViews({ parameters }: StepDefinition, words: (text: string) => string): Context[] {
  return Object.entries(parameters).map(([name, parameter]) => {
    const fallback = defaultText(parameter) ?? ''
    const otherwise = parameter.required ? 'must be given' : 'none'
    return {
      name,
      summary: words(parameter.summary),
      takes: takenBy(parameter),
      fallback,
      otherwise,
      javaType: javaType(parameter),
      facts: `${takenBy(parameter)}; ${fallback ? `default ${fallback}` : parameter.required ? otherwise : 'no default'}`,
    }
  })
}

function groovyParameter(name: string, parameter: Parameter): Record<string, unknown> {
  const { type, required, secret, formerly, summary } = parameter
  return {
    type,
    variable: variableOf(name),
    ...(required && { required, summary }),
    ...(secret && { secret }),
    ...(formerly && { formerly }),
    ...('default' in parameter && parameter.default !== undefined && { fallback: parameter.default }),
    ...(type === 'choice' && { choices: parameter.choices }),
    ...(type === 'integer' && { minimum: parameter.minimum, maximum: parameter.maximum }),
    ...(type === 'credentials' && { kind: parameter.kind, rule: groovyRule(credentialsId) }),
    ...(type === 'map' && { keyRule: groovyRule(parameter.keyRule) }),
    ...((type === 'string' || type === 'list' || type === 'map') && { rule: groovyRule(parameter.rule) }),
  }
}

function groovyRule({ pattern, longest, expects, without = [] }: Rule): Record<string, unknown> {
  return { expects, longest, pattern, without }
}

function callsOf({ name, shape, instead }: StepDefinition): string[] {
  const calls = { command: `${name}(command: '...', ...)`, block: `${name}(...) { ... }` }
  const other = instead === undefined ? [] : [`${name}(${instead}: '...', ...)`]
  if (shape === 'both') return [calls.command, ...other, calls.block]
  return [shape === 'block' ? calls.block : `${name}(...)`]
}

function tryParameters({ parameters, shape }: StepDefinition): string {
  const required = Object.entries(parameters).filter(([, { required: isRequired }]) => isRequired)
  const needed = required.map(([name]) => ` --param ${name}=...`).join('')
  if (shape === 'both') return `${needed} --param command='...'`
  return shape === 'block' ? `${needed} --body '...'` : needed
}

function indent(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : `${' '.repeat(columns)}${line}`))
    .join('\n')
}
