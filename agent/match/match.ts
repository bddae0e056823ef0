import { atoms, evaluates } from '../labels/evaluate.ts'
import type { LabelExpression } from '../labels/expression.ts'
import { describeSize, fits, formatSizeLabel, largest, parseSizeLabel } from '../labels/size.ts'
import type { Size, Template } from '../world.ts'
import { explainMismatch } from './mismatch.ts'

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
  const { fit, busy, tooLarge } = search(request)
  if (fit) return { template: fit.template.name, size: fit.size, nodeLabels: labelsOf(fit) }
  if (busy) return { impossible: 'busy', size: busy.size, detail: notNow(busy.size, request.available) }
  if (tooLarge) return { impossible: 'too-large', detail: limitOf(tooLarge, request.budget) }
  const offers = request.templates.map((template) => {
    const labels = labelsOf({ template, sizeLabels: [], size: template.size })
    return new Set(labels).add(request.slotName)
  })
  return { impossible: 'no-template', detail: explainMismatch(request.expression, offers) }
}

/** Whether matchContainer would find a container; without the labour of saying why not. */
export function hasMatch(request: MatchRequest): boolean {
  return search(request).fit !== undefined
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
  /** Share of the machine's CPUs plus share of its memory. */
  cost: number
}

/** The cheapest container that fits; where there is none, the cheapest that would if more were free, or were lent at all. */
function search(request: MatchRequest): { fit?: Candidate; busy?: Candidate; tooLarge?: Candidate } {
  const { available, budget, expression, slotName } = request
  let tooLarge: Candidate | undefined
  let busy: Candidate | undefined
  for (const candidate of candidatesFor(request)) {
    const isPossible = fits(candidate.size, budget) && fits(candidate.size, candidate.template.max)
    const isReady = isPossible && fits(candidate.size, available)
    const isKnownWorse = !isReady && (isPossible ? busy : (busy ?? tooLarge))
    if (isKnownWorse || !evaluates(expression, labelSet(candidate, slotName))) continue
    if (isReady) return { fit: candidate }
    if (isPossible) busy = candidate
    else tooLarge = candidate
  }
  return { ...(busy && { busy }), ...(tooLarge && { tooLarge }) }
}

/** Every container that could be tried, the cheapest first. */
function candidatesFor({ expression, templates, budget }: MatchRequest): Candidate[] {
  const choices = sizeChoicesOf(expression)
  const candidates: Candidate[] = []
  for (const template of templates) {
    for (const { sizeLabels, size = template.size } of choices) {
      const cost = size.cpus / (budget.cpus || 1) + size.memoryBytes / (budget.memoryBytes || 1)
      candidates.push({ template, sizeLabels, size, cost })
    }
  }
  return candidates.sort((a, b) => a.cost - b.cost || a.sizeLabels.length - b.sizeLabels.length)
}

interface SizeChoice {
  sizeLabels: readonly string[]
  /** Undefined where no size label is carried. */
  size: Size | undefined
}

/** The same expression is matched against many templates and machines. */
const knownChoices = new WeakMap<LabelExpression, SizeChoice[]>()

function sizeChoicesOf(expression: LabelExpression): SizeChoice[] {
  const known = knownChoices.get(expression)
  if (known) return known
  const sizes = atoms(expression)
    .flatMap((name) => {
      const size = parseSizeLabel(name)
      return size ? [{ name, size }] : []
    })
    .slice(0, mostSizeLabels)
    .sort((a, b) => a.size.memoryBytes - b.size.memoryBytes || a.size.cpus - b.size.cpus)
  const combined = sizes
    .slice(0, combinedSizeLabels)
    .reduce<(typeof sizes)[]>((all, one) => all.concat(all.map((some) => [...some, one])), [[]])
  const alone = sizes.slice(combinedSizeLabels).map((one) => [one])
  const choices = [...combined, ...alone].map((carried) => ({
    sizeLabels: carried.map(({ name }) => name),
    size: carried.length > 0 ? largest(...carried.map(({ size }) => size)) : undefined,
  }))
  knownChoices.set(expression, choices)
  return choices
}

function labelsOf({ template, sizeLabels, size }: Omit<Candidate, 'cost'>): string[] {
  return [...new Set([...template.features, ...sizeLabels, formatSizeLabel(size)])]
}

/** The labels of the container's node, its name included, as far as an evaluation asks for them. */
function labelSet(
  { template, sizeLabels, size }: Candidate,
  slotName: string,
): { has(name: string): boolean } {
  return {
    has: (name) =>
      name === slotName ||
      sizeLabels.includes(name) ||
      template.features.includes(name) ||
      name === formatSizeLabel(size),
  }
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
