import { ConfigError } from '../core/errors.ts'
import { quoteShell } from '../core/quote.ts'
import { constraintText } from './constraints.ts'
import {
  type Constraint,
  credentialVariables,
  type Parameter,
  type StepDefinition,
  variableOf,
} from './definition.ts'
import type { Context, Render, TemplateSource } from './render.ts'
import type { ResolvedStep } from './resolve.ts'
import { anyText, type Rule } from './rules.ts'

export interface ResourceParts {
  templates: TemplateSource
  render: Render
  /** What a resource that is itself a template may use. */
  context: Context
  header: string
}

/**
 * The shell resource of a step, whole: the prelude, the shared functions that it uses, its own functions, and the checks
 * that follow from its definition. Runs by itself, without any other file but those that the definition names.
 */
export function stepResource({ origin, definition }: ResolvedStep, parts: ResourceParts): string {
  const { header } = parts
  const uses = (definition.uses ?? []).map((name) => shellText(`resources/lib/${name}`, parts))
  const { parameters } = definition
  const names = Object.entries(parameters)
  const plain = names.filter(([, { type }]) => type !== 'credentials').map(([name]) => bare(name))
  const secrets = names.filter(([, { secret }]) => secret).map(([name]) => name)
  const bound = names.flatMap(([name, parameter]) => boundVariables(name, parameter))
  return [
    '#!/usr/bin/env bash',
    `# ${header}`,
    '# shellcheck disable=SC2317,SC2119,SC2120 # phases are called by name, and not every step uses everything',
    'set -euo pipefail',
    '',
    `readonly step=${definition.name}`,
    `readonly parameters=${quoteShell([plain.join(' ')])}`,
    `readonly bound=${quoteShell([bound.join(' ')])}`,
    `readonly secrets=${quoteShell([secrets.join(' ')])}`,
    '',
    shellText('resources/prelude', parts),
    ...uses,
    shellText(`resources/${origin}`, parts),
    'check_parameters() {',
    ...names.flatMap(([name, parameter]) => checksOf(name, parameter)),
    ...(definition.constraints ?? []).flatMap((constraint) => constraintCheck(constraint, definition)),
    '  :',
    '}',
    '',
    'check_tools() {',
    ...definition.tools
      .filter((tool) => tool.when === undefined)
      .map((tool) => `  ${quoteShell(['need_program', tool.program, tool.package])}`),
    '  :',
    '}',
    '',
    'main',
    '',
  ].join('\n')
}

/** The variables that a bound credential sets, without STEP_. */
function boundVariables(name: string, parameter: Parameter): string[] {
  if (parameter.type !== 'credentials') return []
  return credentialVariables[parameter.kind].map((ending) => `${bare(name)}_${ending}`)
}

function bare(name: string): string {
  return variableOf(name).slice('STEP_'.length)
}

/** A file of shell, rendered when it is a template. */
function shellText(name: string, { templates, render, context }: ResourceParts): string {
  const text = templates.text(`${name}.sh`)
  if (text !== undefined) return text
  if (templates.text(`${name}.sh.hbs`) !== undefined) return render(`${name}.sh.hbs`, context)
  throw new ConfigError(`there is no template ${name}.sh`)
}

function checksOf(name: string, parameter: Parameter): string[] {
  const value = `"$${variableOf(name)}"`
  const check = (words: readonly (string | number)[]) => {
    const [command = '', ...rest] = words.map(String)
    return `  ${command} ${name} ${value} ${quoteShell(rest)}`
  }
  const required =
    parameter.required && parameter.type !== 'credentials'
      ? [`  given ${value} || ${quoteShell(['fail', `'${name}' is missing: ${parameter.summary}`])}`]
      : []
  switch (parameter.type) {
    case 'string':
      return [...required, check(['check_line', ...ruleWords(parameter.rule)])]
    case 'list':
      return [...required, check(['check_lines', ...ruleWords(parameter.rule)])]
    case 'map': {
      const [longest = '', pattern = ''] = ruleWords(parameter.keyRule)
      return [...required, check(['check_entries', longest, pattern, ...ruleWords(parameter.rule)])]
    }
    case 'integer':
      return [...required, check(['check_integer', parameter.minimum, parameter.maximum])]
    case 'choice':
      return [...required, check(['check_choice', ...parameter.choices])]
    case 'boolean':
      return [...required, check(['check_choice', 'true', 'false'])]
    default:
      return required
  }
}

/** Bash counts bytes: where a rule takes any text, a character may be four of them. */
export function ruleWords(rule: Rule): string[] {
  const longest = anyText(rule) ? 4 * rule.longest : rule.longest
  return [String(longest), `^(${rule.pattern})$`, rule.expects, ...(rule.without ?? [])]
}

function constraintCheck(constraint: Constraint, definition: StepDefinition): string[] {
  const complaint = quoteShell(['fail', constraintText(constraint)])
  if (constraint.kind === 'needs') {
    const { parameter, equals, needs, needsValue } = constraint
    const applies = condition(parameter, equals, definition)
    const holds = condition(needs, needsValue, definition)
    return [`  if ${applies} && ! ${holds}; then ${complaint}; fi`]
  }
  const counts = constraint.of.map(
    (name) => `    if ${condition(name, undefined, definition)}; then count=$((count + 1)); fi`,
  )
  const isWrong = constraint.kind === 'exactlyOne' ? '-ne 1' : '-gt 1'
  return [
    '  local count=0',
    ...counts.map((line) => line.slice(2)),
    `  if [ "$count" ${isWrong} ]; then ${complaint}; fi`,
  ]
}

function condition(name: string, wanted: string | boolean | undefined, definition: StepDefinition): string {
  if (name === 'body') return bodyCondition(definition)
  const value = `"$${variableOf(name)}"`
  return wanted === undefined ? `given ${value}` : `[ ${value} = ${quoteShell([String(wanted)])} ]`
}

/** Where neither the command nor what may stand for it is given, there is a body. */
function bodyCondition({ shape, instead }: StepDefinition): string {
  if (shape === 'block') return 'true'
  const others = instead === undefined ? ['command'] : ['command', instead]
  return `{ ${others.map((name) => `! given "$${variableOf(name)}"`).join(' && ')}; }`
}
