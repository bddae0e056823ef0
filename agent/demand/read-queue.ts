import type { NodeState, QueueItem } from '../../jenkins/jenkins.ts'
import { tagOf } from '../fleet/node-tag.ts'
import { evaluates } from '../labels/evaluate.ts'
import type { LabelExpression } from '../labels/expression.ts'
import { parseLabelLeniently } from '../labels/lenient.ts'
import { nameOfLabel } from '../labels/print.ts'
import type { Demand } from '../world.ts'
import { readWhy, type Why } from './why.ts'

export interface QueueView {
  items: readonly QueueItem[]
  /** Names of our own nodes and their labels. */
  ownSlots: Readonly<Record<string, readonly string[]>>
  /** All nodes of the controller, ours included, where they are known. */
  nodes: readonly NodeState[] | undefined
}

export interface QueueReading {
  /** Builds that wait for an executor and whose label is known, oldest first. */
  demand: Demand[]
  /** Builds that wait for an executor, but that no laptop can be started for. */
  skipped: { itemId: number; title: string; reason: string }[]
  /** Sentences that footman does not know, each once, with numbers replaced by N. */
  unknownWording: string[]
  /**
   * Names in those sentences that are no node of the view, or a laptop's node without a label: labels, or nodes that
   * have changed since.
   */
  strangeNames: string[]
}

/**
 * What the queue asks for. No Jenkins tells the label of a queued item: it has to be read from the job, where
 * the job has one, else from the sentence that explains the wait. Where Jenkins names a node in place of the label,
 * one of ours stands for itself, and one of another laptop for the labels that it carries.
 */
export function readDemand(view: QueueView): QueueReading {
  const reading: QueueReading = { demand: [], skipped: [], unknownWording: [], strangeNames: [] }
  const waiting = view.items
    .filter((item) => item.buildable && !item.blocked && !item.pending)
    .sort((a, b) => a.inQueueSinceMs - b.inQueueSinceMs || a.id - b.id)
  for (const item of waiting) {
    const title = item.task.name || `queue item ${item.id}`
    const found = wantsOf(item, view, reading)
    if (typeof found === 'string') reading.skipped.push({ itemId: item.id, title, reason: found })
    else reading.demand.push({ itemId: item.id, title, waitingSinceMs: item.inQueueSinceMs, wants: found })
  }
  return reading
}

type Wants = Demand['wants']

/** What the item wants, or the reason why nobody can tell. */
function wantsOf(item: QueueItem, view: QueueView, reading: QueueReading): Wants | string {
  const why = readWhy(item.why ?? '')
  if (why.kind === 'shutting-down') return 'the controller is about to shut down'
  if (why.kind === 'permission' && why.nodes.some((node) => isOwn(node, view))) {
    return `${why.user} lacks the permission to run on this machine's nodes (Agent/Build)`
  }
  const typed = item.task.labelExpression?.trim()
  if (typed) return expression(labelSaidBy(why, parseLabelLeniently(typed)))
  noteUnknown(why, reading.unknownWording)
  noteStrange(why, view, reading.strangeNames)
  return wantsSaidBy(why, item, view)
}

/** The job's own label, unless the queue names another: a build parameter may override it. */
function labelSaidBy(why: Why, typed: LabelExpression): LabelExpression {
  const said = 'label' in why ? why.label : undefined
  return said === undefined || said === nameOfLabel(typed) ? typed : parseLabelLeniently(said)
}

function wantsSaidBy(why: Why, item: QueueItem, view: QueueView): Wants | string {
  switch (why.kind) {
    case 'no-node':
    case 'all-offline':
    case 'lacks-label':
      return expression(parseLabelLeniently(why.label))
    case 'busy':
      return wantsNamed(why.nameOrLabel, view) ?? expression(parseLabelLeniently(why.nameOrLabel))
    case 'offline':
      return wantsNamed(why.node, view) ?? `waits for ${why.node}; Jenkins does not tell the label`
    case 'any-executor':
      return item.stuck && !hasAgent(view)
        ? 'Jenkins tells no label while no agent is registered'
        : 'asks for no label, and lent machines take only builds that do'
    case 'reserved':
      return 'asks for no label, and lent machines take only builds that do'
    case 'not-accepting':
      return `waits for ${why.nodes.join(', ')}, which takes no builds now; Jenkins does not tell the label`
    case 'unknown':
      return why.text ? `Jenkins says "${why.text}"` : 'Jenkins does not say why'
    default:
      return `Jenkins says "${item.why}"`
  }
}

/** What is wanted where Jenkins names a node; undefined when the name is no node but a label. */
function wantsNamed(name: string, view: QueueView): Wants | string | undefined {
  if (isOwn(name, view)) return { kind: 'node', node: name }
  const node = view.nodes?.find((each) => each.name === name)
  const like = node && likeOf(node, view)
  if (like || !(node || isBuiltIn(name))) return like
  return `waits for ${name}; Jenkins does not tell the label`
}

/**
 * The like of another laptop's node: the build's label is unknown, but a container with the labels of that node satisfies
 * it, unless it asks for that laptop itself. If a second node already has all those labels and Jenkins still names only
 * the first, the build does ask for that one.
 */
function likeOf(node: NodeState, view: QueueView): Wants | undefined {
  const tag = tagOf(node)
  const [first, ...rest] = node.labels.filter((label) => label !== tag?.machine && label !== node.name)
  if (!tag || first === undefined) return undefined
  const wanted = rest.reduce<LabelExpression>(
    (left, label) => ({ kind: 'and', left, right: { kind: 'atom', name: label } }),
    { kind: 'atom', name: first },
  )
  const isUnmoved = view.nodes?.some(
    (other) => other.name !== node.name && evaluates(wanted, new Set(other.labels)),
  )
  return isUnmoved ? undefined : { kind: 'expression', expression: wanted, inferredFrom: node.name }
}

function expression(label: LabelExpression): Wants {
  return { kind: 'expression', expression: label }
}

function isOwn(node: string, view: QueueView): boolean {
  return Object.hasOwn(view.ownSlots, node)
}

/** Whether an agent is registered, which is when Jenkins minds labels at all. */
function hasAgent({ ownSlots, nodes = [] }: QueueView): boolean {
  return Object.keys(ownSlots).length > 0 || nodes.some(({ name }) => !isBuiltIn(name))
}

/** The controller's own node, as it was called over the years; in refusals it bears the name of the product. */
function isBuiltIn(name: string): boolean {
  return /^(?:Built-In Node|\(?built-in\)?|\(?master\)?|Jenkins)$/.test(name)
}

function noteUnknown(why: Why, unknownWording: string[]): void {
  if (why.kind === 'several') for (const reason of why.reasons) noteUnknown(reason, unknownWording)
  if (why.kind !== 'unknown' || !why.text) return
  const wording = why.text.replace(/\d+/g, 'N')
  if (!unknownWording.includes(wording)) unknownWording.push(wording)
}

function noteStrange(why: Why, { ownSlots, nodes = [] }: QueueView, strangeNames: string[]): void {
  const name = why.kind === 'busy' ? why.nameOrLabel : why.kind === 'offline' ? why.node : undefined
  if (name === undefined || isBuiltIn(name) || strangeNames.includes(name)) return
  if (Object.hasOwn(ownSlots, name) || nodes.some((node) => node.name === name && !isParked(node))) return
  if (parseLabelLeniently(name).kind === 'atom') strangeNames.push(name)
}

/** A laptop's node that offers nothing: if a build waits for it, it has been opened since. */
function isParked(node: NodeState): boolean {
  const tag = tagOf(node)
  return tag !== undefined && node.labels.every((label) => label === tag.machine || label === node.name)
}
