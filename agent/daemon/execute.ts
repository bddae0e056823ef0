import { bury } from '../containers/bury.ts'
import { endContainer } from '../containers/end-container.ts'
import { slotOf } from '../reconcile.ts'
import { markText } from '../slots/slots.ts'
import { transportNamed } from '../transports/registry.ts'
import type { Action } from '../world.ts'
import type { ExecuteContext } from './edges.ts'

type Removal = Extract<Action, { kind: 'remove' }>

/** What became of an action. A failure in one slot never keeps the others from going on. */
export interface Outcome {
  action: Action
  /** Undefined when it succeeded. */
  error: unknown
}

/**
 * Carries actions out: those of different slots side by side, those of one slot in their order, ending at its first failure.
 * Never throws; what failed is in the outcomes.
 */
export async function execute(actions: readonly Action[], context: ExecuteContext): Promise<Outcome[]> {
  const slots = new Map<string, Action[]>()
  for (const action of actions) {
    const key = slotOf(action) ?? ''
    slots.set(key, [...(slots.get(key) ?? []), action])
  }
  const outcomes = await Promise.all([...slots.values()].map((list) => inOrder(list, context)))
  return outcomes.flat()
}

async function inOrder(actions: readonly Action[], context: ExecuteContext): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const action of actions) {
    try {
      await executeOne(action, context)
      outcomes.push({ action, error: undefined })
    } catch (error) {
      outcomes.push({ action, error })
      break
    }
  }
  return outcomes
}

async function executeOne(action: Action, context: ExecuteContext): Promise<void> {
  const { jenkins, plan, signal } = context
  const { transport } = plan
  switch (action.kind) {
    case 'register':
      return transport.rest({ slot: action.slot, exists: false }, context)
    case 'restore':
      return transport.restore({ id: action.containerId, plan: action.plan }, context)
    case 'open':
      return transport.open(action, context)
    case 'mark':
      return jenkins.markOffline(action.slot, markText(action.because), signal)
    case 'unmark':
      return jenkins.clearOffline(action.slot, signal)
    case 'disconnect':
      return jenkins.disconnect(action.slot, markText(action.because), signal)
    case 'remove':
      return remove(action, context)
    case 'park':
      await transport.release(action.slot, context)
      return transport.rest({ slot: action.slot, exists: true }, context)
    case 'unregister':
      await transport.release(action.slot, context)
      return jenkins.deleteNode(action.slot, signal)
    case 'pull':
      return context.pull(action.template)
  }
}

/** The owner gets the machine back, whatever the controller says to it. */
async function remove(action: Removal, context: ExecuteContext): Promise<void> {
  const startedBy = transportNamed(action.transport ?? '') ?? context.plan.transport
  const released = await Promise.allSettled([startedBy.release(action.slot, context)])
  await takeAway(action, context)
  for (const one of released) if (one.status === 'rejected') throw one.reason
}

/** A container that failed has its log kept; any other gets time to end by itself. */
async function takeAway(action: Removal, context: ExecuteContext): Promise<void> {
  const { engine, plan, signal } = context
  const { containerId } = action
  if (!action.failed) {
    const graceMs = plan.config.container.stopGrace
    return endContainer({ engine, containerId, graceMs, ...(signal && { signal }) })
  }
  await bury(action, context)
  await engine.remove(containerId, signal)
}
