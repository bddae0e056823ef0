import type { ImageKeeper } from '../containers/image-keeper.ts'
import { type Decision, reconcile, slotOf } from '../reconcile.ts'
import { recollect, slotKey } from '../slots/recollect.ts'
import type { Action, Openness, World } from '../world.ts'
import type { Edges, ExecuteContext, Plan } from './edges.ts'
import { execute, type Outcome } from './execute.ts'
import { look, type Sight } from './look.ts'
import { learnFrom, type Mind } from './mind.ts'
import { observeContainers } from './observe.ts'

export interface RoundOptions extends Edges {
  plan: Plan
  images: ImageKeeper
  openness: Openness
  leaving: boolean
  signal: AbortSignal
}

export interface RoundResult {
  /** Undefined when a glance at the queue showed that nothing concerns us. */
  world: World | undefined
  decision: Decision | undefined
  outcomes: Outcome[]
  sight: Sight
}

/** Look, decide, act, once. Throws RemoteError when the controller or the engine does not answer. */
export async function round(mind: Mind, options: RoundOptions): Promise<RoundResult> {
  const { clock, signal } = options
  const sight = await look({
    ...options,
    lastNodes: mind.nodes,
    lastSession: mind.session,
    doubt: mind.doubt,
    intendedPauseMs: mind.intendedPauseMs,
    isUnsettled: mind.isUnsettled,
  })
  mind.session = sight.session
  mind.doubt = sight.doubt
  mind.isUnsettled = false
  mind.hasContainers = sight.containers.length > 0
  if (!sight.nodes) return { world: undefined, decision: undefined, outcomes: [], sight }
  mind.nodes = sight.nodes
  const world = await worldOf(sight, mind, options)
  mind.recollection = world.recollection
  const decision = reconcile(world)
  if (concerns(world, decision)) mind.lastDemandMs = clock.now()
  const due = decision.actions.filter((action) => !isResting(action, world))
  const outcomes = await execute(due, contextOf(mind, options, signal))
  learnFrom(outcomes, mind, clock.now())
  mind.isUnsettled = due.length > 0
  return { world, decision, outcomes, sight }
}

/**
 * What can be done for the machine's owner while the controller is away: containers that must end are ended. Those that
 * may go on do so; their agents find the controller again by themselves.
 */
export async function closeWithoutController(options: RoundOptions): Promise<void> {
  const { engine, plan, signal } = options
  const containers = await observeContainers({ engine, identity: plan.identity, isDoubtful: false, signal })
  await Promise.all(containers.map(({ id }) => engine.remove(id, signal)))
}

async function worldOf(sight: Sight, mind: Mind, options: RoundOptions): Promise<World> {
  const { plan, clock, images, openness, leaving, signal } = options
  const { container, poll } = plan.config
  const world = {
    nowMs: clock.now(),
    machine: plan.machine,
    templates: plan.templates,
    missingImages: await images.missing(signal),
    timing: { startWithinMs: container.startWithin, keepIdleMs: container.keepIdle, turnMs: poll.idle },
    openness,
    leaving,
    containers: sight.containers,
    nodes: sight.nodes ?? mind.nodes,
    demand: sight.demand,
  }
  return { ...world, recollection: recollect(mind.recollection, world) }
}

/** Whether quickness matters: builds run here, are about to, or wait for something on this machine. */
function concerns(world: World, { actions, waiting }: Decision): boolean {
  if (world.containers.length > 0) return true
  return (
    actions.some(({ kind }) => kind === 'open' || kind === 'pull') || waiting.some((one) => !one.isOthersTurn)
  )
}

/** Ending things never waits; anything else in a slot that just failed does. */
function isResting(action: Action, world: World): boolean {
  const slot = slotOf(action)
  if (slot === undefined || action.kind === 'remove' || action.kind === 'mark') return false
  return (world.recollection.setbacks[slotKey(slot)]?.notBeforeMs ?? 0) > world.nowMs
}

function contextOf(mind: Mind, options: RoundOptions, signal: AbortSignal): ExecuteContext {
  const { jenkins, engine, log, clock, plan, images } = options
  return { jenkins, engine, log, clock, plan, secrets: mind.secrets, pull: images.pull, signal }
}
