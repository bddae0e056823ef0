import { networkInterfaces } from 'node:os'
import { readDemand } from '../demand/read-queue.ts'
import { matchContainer } from '../match/match.ts'
import { isOwn } from '../slots/slots.ts'
import type { Demand, ObservedContainer, ObservedNode } from '../world.ts'
import { type Doubt, doubt } from './doubt.ts'
import type { Edges, Plan } from './edges.ts'
import { observeContainers } from './observe.ts'

/** What one look at the controller and the engine found. */
export interface Sight {
  containers: ObservedContainer[]
  /** Undefined when the queue gave no reason to ask for them. */
  nodes: ObservedNode[] | undefined
  demand: Demand[]
  /** Builds that nobody could read a label from, with the reason. */
  skipped: { itemId: number; title: string; reason: string }[]
  unknownWording: string[]
  session: string | undefined
  doubt: Doubt
}

export interface LookOptions extends Edges {
  plan: Plan
  /** The nodes as last seen; Jenkins names them in place of labels. */
  lastNodes: readonly ObservedNode[]
  lastSession: string | undefined
  doubt: Doubt | undefined
  intendedPauseMs: number
  /** Something is under way, so the nodes matter whatever the queue says. */
  isUnsettled: boolean
  signal?: AbortSignal
}

/**
 * One request to the controller when nothing concerns us (the queue), two when something does (the nodes as well).
 * Throws RemoteError when the controller or the engine does not answer.
 */
export async function look(options: LookOptions): Promise<Sight> {
  const { jenkins, engine, plan, clock, signal } = options
  const doubted = doubt(options.doubt, {
    nowMs: clock.now(),
    intendedPauseMs: options.intendedPauseMs,
    interfaces: networkInterfaces(),
  })
  const isDoubtful = doubted.untilMs > clock.now()
  const [items, containers] = await Promise.all([
    jenkins.queue(signal),
    observeContainers({ engine, identity: plan.identity, isDoubtful, ...(signal && { signal }) }),
  ])
  const session = jenkins.seen?.session
  const read = (nodes: readonly ObservedNode[]) => readDemand({ items, ...known(nodes, plan) })
  const first = read(options.lastNodes)
  const concerns = first.demand.some((demand) => isForUs(demand, plan))
  const isQuiet =
    !options.isUnsettled && !concerns && containers.length === 0 && session === options.lastSession
  if (isQuiet) return { ...first, containers, nodes: undefined, session, doubt: doubted }
  const nodes = await jenkins.nodes(signal)
  return { ...read(nodes), containers, nodes, session: jenkins.seen?.session, doubt: doubted }
}

/** Whether this machine could ever serve a build, all of its budget being free. */
function isForUs(demand: Demand, plan: Plan): boolean {
  const { wants } = demand
  if (wants.kind === 'node') return true
  const { budget } = plan.machine
  const match = matchContainer({
    expression: wants.expression,
    templates: plan.templates,
    available: budget,
    budget,
    slotName: `${plan.machine.name}-1`,
  })
  return !('impossible' in match)
}

function known(nodes: readonly ObservedNode[], plan: Plan) {
  const own = nodes.filter((node) => isOwn(node, plan.machine))
  return { nodes: [...nodes], ownSlots: Object.fromEntries(own.map(({ name, labels }) => [name, labels])) }
}
