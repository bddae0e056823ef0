import { atoms, evaluates } from './labels/evaluate.ts'
import type { LabelExpression } from './labels/expression.ts'
import { describeSize, fits, formatSizeLabel, largest, parseSizeLabel } from './labels/size.ts'
import { explainMismatch } from './mismatch.ts'
import type { Size, Template } from './world.ts'

export interface MatchRequest {
  expression: LabelExpression
  templates: readonly Template[]
  /** What may be started right now. */
  available: Size
  /** What the machine lends when nothing runs. */
  budget: Size
  /** Every node carries its own name as a label. */
  slotName: string
}

export interface Fit {
  /** Name of the template. */
  template: string
  size: Size
  /** Labels for the node, without its own name. */
  nodeLabels: string[]
}

export type Match =
  | Fit
  /** Not on this machine, whatever runs: no template has the labels, or none may grow that large. */
  | { impossible: 'no-template' | 'too-large'; detail: string }
  /** Later, when `size` has become free. */
  | { impossible: 'busy'; size: Size; detail: string }

/** All combinations of this many size labels are tried; beyond, each label alone. 2^6 times the templates is quickly done. */
const combinedSizeLabels = 6
const mostSizeLabels = 64

/**
 * The smallest container that satisfies a label expression, with the labels that make Jenkins agree.
 *
 * Features of a template are truths about its containers, so a node carries them all. Size labels of the expression
 * may be carried or not, as the expression needs; the container is as large as the largest of those carried, or of the
 * template's own size when none is. In either case it carries the label of its very size too, so that a container of
 * 4 CPUs and 8 GiB never serves `!4CPU8G`, and an idle one serves the next build that asks for its size.
 * Small means: the lowest share of the machine's CPUs plus the lowest share of its memory; then fewer labels, then
 * the template that comes first.
 */
export function matchContainer(request: MatchRequest): Match {
  const { available, budget, templates } = request
  const candidates = candidatesFor(request)
  let tooLarge: Candidate | undefined
  let busy: Candidate | undefined
  for (const candidate of candidates) {
    const isPossible = fits(candidate.size, budget) && fits(candidate.size, candidate.template.max)
    const isKnownWorse = isPossible ? busy && !fits(candidate.size, available) : tooLarge
    if (isKnownWorse || !satisfiedBy(request.expression, request.slotName, labelsOf(candidate))) continue
    if (!isPossible) tooLarge = candidate
    else if (fits(candidate.size, available)) return fitOf(candidate)
    else busy = candidate
  }
  if (busy) return { impossible: 'busy', size: busy.size, detail: notNow(busy.size, available) }
  if (tooLarge) return { impossible: 'too-large', detail: limitOf(tooLarge, budget) }
  const offers = templates.map((template) => {
    const labels = labelsOf({ template, sizeLabels: [], size: template.size })
    return new Set(labels).add(request.slotName)
  })
  return { impossible: 'no-template', detail: explainMismatch(request.expression, offers) }
}

/** Whether Jenkins would let a node of this name with these labels serve the expression. */
export function satisfiedBy(
  expression: LabelExpression,
  nodeName: string,
  labels: Iterable<string>,
): boolean {
  return evaluates(expression, new Set(labels).add(nodeName))
}

interface Candidate {
  template: Template
  sizeLabels: readonly string[]
  size: Size
}

/** Every container that could be tried, the cheapest first. */
function candidatesFor({ expression, templates, budget }: MatchRequest): Candidate[] {
  const cost = costWithin(budget)
  const sizes = new Map<string, Size>()
  for (const name of atoms(expression)) {
    const size = parseSizeLabel(name)
    if (size && sizes.size < mostSizeLabels) sizes.set(name, size)
  }
  const byCost = [...sizes].sort(([, a], [, b]) => cost(a) - cost(b)).map(([name]) => name)
  const choices = subsets(byCost.slice(0, combinedSizeLabels)).concat(
    byCost.slice(combinedSizeLabels).map((name) => [name]),
  )
  return templates
    .flatMap((template) =>
      choices.map((sizeLabels): Candidate => {
        const carried = sizeLabels.flatMap((name) => sizes.get(name) ?? [])
        return { template, sizeLabels, size: carried.length > 0 ? largest(...carried) : template.size }
      }),
    )
    .sort((a, b) => cost(a.size) - cost(b.size) || a.sizeLabels.length - b.sizeLabels.length)
}

function subsets(names: readonly string[]): string[][] {
  return names.reduce<string[][]>((all, name) => all.concat(all.map((one) => [...one, name])), [[]])
}

function costWithin(budget: Size): (size: Size) => number {
  return (size) => size.cpus / (budget.cpus || 1) + size.memoryBytes / (budget.memoryBytes || 1)
}

function labelsOf({ template, sizeLabels, size }: Candidate): string[] {
  return [...new Set([...template.features, ...sizeLabels, formatSizeLabel(size)])]
}

function fitOf(candidate: Candidate): Fit {
  return { template: candidate.template.name, size: candidate.size, nodeLabels: labelsOf(candidate) }
}

function notNow(size: Size, available: Size): string {
  return `needs ${describeSize(size)}, and ${describeSize(available)} are left of what this machine lends`
}

function limitOf({ size, template }: Candidate, budget: Size): string {
  const asked = `needs ${describeSize(size)}`
  if (!fits(size, budget)) {
    return `${asked}, and this machine lends ${describeSize(budget)} (machine.cpus, machine.memory)`
  }
  return `${asked}, and template ${template.name} allows ${describeSize(template.max)} (its setting max)`
}
