import type { Constraint, StepDefinition } from './definition.ts'

/** What a step was given, for rules that look at more than one parameter. */
export interface Given {
  /** As read, defaults included. */
  values: Readonly<Record<string, unknown>>
  /** Whether the caller gave it. */
  isGiven(name: string): boolean
  hasBody: boolean
}

/** What is wrong with how a step was called, or undefined. */
export function shapeProblem({ shape, name, instead }: StepDefinition, given: Given): string | undefined {
  if (shape === 'command') return given.hasBody ? 'it takes no body' : undefined
  if (shape === 'block') return given.hasBody ? undefined : `it needs a body: ${name}(...) { ... }`
  const ways = ['command', ...(instead === undefined ? [] : [instead])]
  const count = ways.filter(given.isGiven).length + (given.hasBody ? 1 : 0)
  if (count === 1) return undefined
  const choice = `${ways.map((way) => `'${way}'`).join(', ')} or a body`
  return count === 0
    ? `it needs ${choice}`
    : `it takes ${choice}, not ${count === 2 ? 'both' : 'all of them'}`
}

/** The first constraint that does not hold, in words, or undefined. */
export function constraintProblem({ constraints = [] }: StepDefinition, given: Given): string | undefined {
  for (const constraint of constraints) {
    const problem =
      constraint.kind === 'needs' ? needProblem(constraint, given) : countProblem(constraint, given)
    if (problem) return problem
  }
  return undefined
}

/** A constraint as a sentence, for help and documentation. */
export function constraintText(constraint: Constraint): string {
  if (constraint.kind !== 'needs') return sentence(constraint)
  const { parameter, equals, needs, needsValue, because } = constraint
  return `${asked(parameter, equals)} needs ${asked(needs, needsValue)}: ${because}`
}

function needProblem(constraint: Constraint & { kind: 'needs' }, given: Given): string | undefined {
  const applies = holds(constraint.parameter, constraint.equals, given)
  if (!applies || holds(constraint.needs, constraint.needsValue, given)) return undefined
  return constraintText(constraint)
}

function countProblem(constraint: Exclude<Constraint, { kind: 'needs' }>, given: Given): string | undefined {
  const count = constraint.of.filter((name) => holds(name, undefined, given)).length
  const isFine = count === 1 || (count === 0 && constraint.kind === 'atMostOne')
  return isFine ? undefined : sentence(constraint)
}

function sentence({ kind, of, because }: Exclude<Constraint, { kind: 'needs' }>): string {
  const names = of.map((name) => asked(name, undefined)).join(', ')
  const reason = because ? `: ${because}` : ''
  return `it takes ${kind === 'atMostOne' ? 'at most' : 'exactly'} one of ${names}${reason}`
}

function holds(name: string, wanted: string | boolean | undefined, given: Given): boolean {
  if (name === 'body') return given.hasBody
  return wanted === undefined ? given.isGiven(name) : given.values[name] === wanted
}

function asked(name: string, wanted: string | boolean | undefined): string {
  if (name === 'body') return 'a body'
  return wanted === undefined ? `'${name}'` : `'${name}: ${wanted}'`
}
