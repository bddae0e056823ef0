import type { NetworkInterfaceInfo } from 'node:os'
import { endContainer } from '../containers/end-container.ts'
import type { ImageKeeper } from '../containers/image-keeper.ts'
import { type Decision, reconcile, slotOf } from '../reconcile.ts'
import { endingKey, recollect, restsUntil, slotKey } from '../slots/recollect.ts'
import type { Phase } from '../slots/slots.ts'
import type { Action, ObservedContainer, World } from '../world.ts'
import { ofEngine } from './blame.ts'
import type { Edges, ExecuteContext, Plan } from './edges.ts'
import { execute, type Outcome } from './execute.ts'
import type { Gate } from './gate.ts'
import { look, type Sight, whyNotHere } from './look.ts'
import { isEnding, learnFrom, type Mind, remember } from './mind.ts'
import { observeContainers } from './observe.ts'

export interface RoundOptions extends Edges {
  plan: Plan
  images: ImageKeeper
  gate: Gate
  leaving: boolean
  interfaces?: () => NodeJS.Dict<NetworkInterfaceInfo[]>
  signal: AbortSignal
}

export interface RoundResult {
  sight: Sight
  /** Builds in the queue that this machine does not serve now, and why. */
  waiting: { title: string; reason: string }[]
  /** Undefined when a glance at the queue showed that nothing concerns us. */
  world: World | undefined
  decision: Decision | undefined
  outcomes: Outcome[]
}

/** Look, decide, act, once. Throws RemoteError when the controller or the engine does not answer. */
export async function round(mind: Mind, options: RoundOptions): Promise<RoundResult> {
  const { clock, gate } = options
  const sight = await look({
    ...options,
    openness: gate.openness,
    lastNodes: mind.nodes,
    lastSession: mind.session,
    strangers: mind.strangers,
    doubt: mind.doubt,
    intendedPauseMs: mind.intendedPauseMs,
    isWatchful: isWatchful(mind, options),
  })
  remember(sight, mind, clock.now())
  if (!sight.nodes) return glance(sight, options)
  const world = await worldOf(sight, mind, options)
  mind.recollection = world.recollection
  const decision = reconcile(world)
  const resting = decision.actions.filter((action) => restOf(action, world) !== undefined)
  const due = decision.actions.filter((action) => !resting.includes(action))
  const outcomes = await execute(due, contextOf(mind, options))
  learnFrom(outcomes, mind, clock.now())
  mind.isUnsettled = due.length > 0
  mind.isWatchful = decision.slots.some(({ phase }) => needsWatching(phase))
  mind.dueMs = earliest([
    ...decision.waiting.map(({ retryAtMs }) => retryAtMs),
    ...resting.map((action) => restOf(action, world)),
  ])
  if (concerns(world, decision)) mind.lastDemandMs = clock.now()
  const waiting = [...decision.waiting.map(wordsOf), ...sight.skipped.map(wordsOf)]
  return { sight, waiting, world, decision, outcomes }
}

/** Whether the nodes matter whatever the queue says. */
function isWatchful(mind: Mind, { clock, leaving }: RoundOptions): boolean {
  // A container that was there a moment ago and is gone has left a node behind, and perhaps a build on it.
  if (leaving || mind.isUnsettled || mind.isWatchful || mind.hasContainers) return true
  return mind.dueMs !== undefined && clock.now() >= mind.dueMs
}

/** Nothing in the queue is for us, or we take nothing. */
function glance(sight: Sight, { plan }: RoundOptions): RoundResult {
  const waiting = sight.demand.map((demand) => ({
    title: demand.title,
    reason: whyNotHere(demand, plan) ?? 'this machine takes no builds at the moment',
  }))
  const skipped = sight.skipped.map(wordsOf)
  return { sight, waiting: [...waiting, ...skipped], world: undefined, decision: undefined, outcomes: [] }
}

function wordsOf({ title, reason }: { title: string; reason: string }): { title: string; reason: string } {
  return { title, reason }
}

/**
 * What can be done for the machine's owner while the controller is away: containers that must end are ended. Those that
 * may go on do so; their agents find the controller again by themselves. Returns our containers that are left.
 */
export async function withoutController(options: RoundOptions): Promise<ObservedContainer[]> {
  const { engine, plan, gate, signal } = options
  const observe = () => ofEngine(observeContainers({ engine, identity: plan.identity, signal }))
  const containers = await observe()
  if (gate.openness !== 'closed' || containers.length === 0) return containers
  const graceMs = plan.config.container.stopGrace
  await Promise.all(containers.map(({ id }) => endContainer({ engine, containerId: id, graceMs, signal })))
  return await observe()
}

async function worldOf(sight: Sight, mind: Mind, options: RoundOptions): Promise<World> {
  const { plan, clock, images, gate, leaving, signal } = options
  const world = {
    nowMs: clock.now(),
    machine: plan.machine,
    templates: plan.templates,
    missingImages: await ofEngine(images.missing(signal)),
    timing: timingOf(plan),
    openness: gate.openness,
    because: forOthers(gate.because),
    leaving,
    containers: sight.containers,
    nodes: sight.nodes ?? mind.nodes,
    demand: sight.demand,
    session: sight.session,
  }
  return { ...world, recollection: recollect(mind.recollection, world) }
}

/** From the start of a container's opening until its labels can be seen in Jenkins: a few requests. */
const announcingMs = 1_500

function timingOf({ config: { container, poll } }: Plan): World['timing'] {
  return {
    startWithinMs: container.startWithin,
    keepIdleMs: container.keepIdle,
    turnMs: poll.idle + announcingMs,
  }
}

/** The owner is told "you paused it"; everybody else reads the reason in Jenkins. */
function forOthers(because: string): string {
  return because.replace(/\byou\b/g, 'its owner')
}

/** Whether quickness matters: builds run here, or are about to. */
function concerns({ containers }: World, { actions }: Decision): boolean {
  return containers.length > 0 || actions.some(({ kind }) => kind === 'open' || kind === 'pull')
}

/** A slot without a container in which something is amiss that Jenkins' queue does not tell of. */
function needsWatching(phase: Phase): boolean {
  return phase === 'awaited' || phase === 'haunted'
}

/** What just failed rests, and so does anything else in its slot; but endings wait only for endings. ms. */
function restOf(action: Action, world: World): number | undefined {
  const slot = slotOf(action)
  if (slot === undefined) return undefined
  return restsUntil(isEnding(action) ? endingKey(slot) : slotKey(slot), world)
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}

function contextOf(mind: Mind, options: RoundOptions): ExecuteContext {
  const { jenkins, engine, log, clock, plan, images, signal } = options
  const { secrets } = mind
  const hasConnected = (id: string) => mind.recollection.connectedOnce[id] === true
  return { jenkins, engine, log, clock, plan, secrets, pull: images.pull, hasConnected, signal }
}
