import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { type QueueReading, readDemand } from '../demand/read-queue.ts'
import { tagOf } from '../fleet/node-tag.ts'
import { candidates, namedSlots, place, slotNames } from '../slots/candidates.ts'
import { isConnected, isOwn } from '../slots/slots.ts'
import { addedLabels } from '../transports/registry.ts'
import type { Demand, ObservedContainer, ObservedNode, Openness } from '../world.ts'
import { ofEngine } from './blame.ts'
import { type Doubt, doubt } from './doubt.ts'
import type { Edges, Plan } from './edges.ts'
import { observeContainers, observeLinks } from './observe.ts'

/** What one look at the controller and the engine found. */
export interface Sight extends QueueReading {
  containers: ObservedContainer[]
  /** Undefined when nothing gave a reason to ask for them. */
  nodes: ObservedNode[] | undefined
  session: string | undefined
  doubt: Doubt
}

export interface LookOptions extends Edges {
  plan: Plan
  openness: Openness
  /** The nodes as last seen; Jenkins names them in place of labels. */
  lastNodes: readonly ObservedNode[]
  lastSession: string | undefined
  /** Names in the queue that have been looked for among the nodes already. */
  strangers: Readonly<Record<string, number>>
  doubt: Doubt | undefined
  intendedPauseMs: number
  /** The nodes matter whatever the queue says: something is under way, or was a moment ago. */
  isWatchful: boolean
  interfaces?: () => NodeJS.Dict<NetworkInterfaceInfo[]>
  signal?: AbortSignal
}

/**
 * One request to the controller when nothing concerns us (the queue), two when something does (the nodes as well).
 * Throws RemoteError when the controller or the engine does not answer.
 */
export async function look(options: LookOptions): Promise<Sight> {
  const { jenkins, engine, plan, clock, signal, interfaces = networkInterfaces } = options
  const { intendedPauseMs } = options
  const doubted = doubt(options.doubt, { nowMs: clock.now(), intendedPauseMs, interfaces: interfaces() })
  const [items, containers] = await Promise.all([
    jenkins.queue(signal),
    ofEngine(observeContainers({ engine, identity: plan.identity, ...(signal && { signal }) })),
  ])
  const read = (nodes: readonly ObservedNode[]) => readDemand({ items, ...known(nodes, plan) })
  const first = read(options.lastNodes)
  const session = jenkins.seen?.session
  const sight = { ...first, containers, nodes: undefined, session, doubt: doubted }
  if (!isWorthMore(sight, options)) return sight
  const nodes = (await jenkins.nodes(signal)).map(withoutAddedLabels)
  // After the nodes: an agent that connects meanwhile must not be taken for one that Jenkins wrongly believes in.
  const isDoubtful = doubted.untilMs > clock.now()
  const linked = isDoubtful
    ? await observeLinks({ engine, containers, nodes, ...(signal && { signal }) })
    : containers
  return { ...sight, ...read(nodes), containers: linked, nodes, session: jenkins.seen?.session }
}

/** A footman's node without an agent announces what was written on it, not what its kind of node carries anyway. */
function withoutAddedLabels(node: ObservedNode): ObservedNode {
  if (isConnected(node) || !node.labels.some((label) => addedLabels.has(label)) || !tagOf(node)) return node
  return { ...node, labels: node.labels.filter((label) => !addedLabels.has(label)) }
}

/** Whether what the queue told is a reason to ask for the nodes too. */
function isWorthMore(
  { demand, containers, strangeNames, session }: Sight,
  { plan, openness, isWatchful, lastSession, strangers }: LookOptions,
): boolean {
  if (isWatchful || containers.length > 0 || session !== lastSession) return true
  if (strangeNames.some((name) => strangers[name] === undefined)) return true
  return openness === 'open' && demand.some((one) => whyNotHere(one, plan) === undefined)
}

/** Why this machine could never serve a build, were all of its budget free; undefined when it could. */
export function whyNotHere(demand: Demand, plan: Pick<Plan, 'machine' | 'templates'>): string | undefined {
  const { wants } = demand
  if (wants.kind === 'node') return undefined
  const { machine, templates } = plan
  const names = slotNames(machine)
  const { expression } = wants
  const { budget } = machine
  const found = place(
    { expression, templates, available: budget, budget },
    candidates(names, namedSlots(demand, names)),
  )
  return 'impossible' in found ? found.detail : undefined
}

function known(nodes: readonly ObservedNode[], plan: Plan) {
  const own = nodes.filter((node) => isOwn(node, plan.machine))
  return { nodes: [...nodes], ownSlots: Object.fromEntries(own.map(({ name, labels }) => [name, labels])) }
}
