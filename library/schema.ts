import type { Parameter, StepDefinition } from './definition.ts'
import { defaultText, takenBy } from './facts.ts'
import type { Rule } from './rules.ts'

/** A JSON Schema (draft 2020-12) of what a step takes, for editors and for whoever generates Pipelines. */
export function stepSchema(definition: StepDefinition, header: string): string {
  const entries = Object.entries(definition.parameters)
  const required = entries.filter(([, parameter]) => parameter.required).map(([name]) => name)
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $comment: header,
    title: definition.name,
    description: `${definition.summary}.`,
    type: 'object',
    additionalProperties: false,
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(entries.map(([name, parameter]) => [name, propertyOf(parameter)])),
  }
  return `${JSON.stringify(schema, undefined, 2)}\n`
}

function propertyOf(parameter: Parameter): Record<string, unknown> {
  return {
    description: `${parameter.summary}. Takes ${takenBy(parameter)}.`,
    ...typeOf(parameter),
    ...(defaultText(parameter) !== undefined && 'default' in parameter && { default: parameter.default }),
  }
}

function typeOf(parameter: Parameter): Record<string, unknown> {
  switch (parameter.type) {
    case 'string':
      return textOf(parameter.rule)
    case 'boolean':
      return { type: 'boolean' }
    case 'integer':
      return { type: 'integer', minimum: parameter.minimum, maximum: parameter.maximum }
    case 'choice':
      return { enum: parameter.choices }
    case 'list':
      return { type: 'array', items: textOf(parameter.rule) }
    case 'map':
      return {
        type: 'object',
        propertyNames: textOf(parameter.keyRule),
        additionalProperties: textOf(parameter.rule),
      }
    case 'command':
      return { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }
    default:
      return { type: 'string', minLength: 1 }
  }
}

function textOf({ pattern, longest }: Rule): Record<string, unknown> {
  return { type: 'string', minLength: 1, maxLength: longest, pattern: `^(${pattern})$` }
}
