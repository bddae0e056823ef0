import type { Secret } from '../../core/secret.ts'
import { agentJar } from '../containers/agent-jar.ts'
import { bury } from '../containers/bury.ts'
import { agentContainerSpec } from '../containers/container-spec.ts'
import { endContainer } from '../containers/end-container.ts'
import { launchContainer } from '../containers/launch.ts'
import { slotOf } from '../reconcile.ts'
import { markText } from '../slots/slots.ts'
import type { Action, SlotPlan } from '../world.ts'
import type { ExecuteContext } from './edges.ts'

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
  const { jenkins, signal } = context
  switch (action.kind) {
    case 'register':
      return createNode(action.slot, [], context)
    case 'restore':
      return createNode(action.plan.slot, action.plan.nodeLabels, context)
    case 'open':
      return open(action, context)
    case 'mark':
      return jenkins.markOffline(action.slot, markText(action.because), signal)
    case 'unmark':
      return jenkins.clearOffline(action.slot, signal)
    case 'disconnect':
      return jenkins.disconnect(action.slot, markText(action.because), signal)
    case 'remove':
      return remove(action, context)
    case 'park':
      return setLabels(action.slot, [], context)
    case 'unregister':
      return jenkins.deleteNode(action.slot, signal)
    case 'pull':
      return context.pull(action.template)
  }
}

/**
 * The node gets its labels before the container starts: an agent without a node is refused, a label without one waits.
 * What the owner of this machine forbids is refused before anybody sees labels.
 */
async function open(action: Extract<Action, { kind: 'open' }>, context: ExecuteContext): Promise<void> {
  const { jenkins, plan, engine, signal } = context
  const { slot, nodeLabels } = action.plan
  const jar = await agentJar({ jenkins, cacheDir: plan.cacheDir, ...(signal && { signal }) })
  const spec = agentContainerSpec({ ...specInput(action.plan, context), agentJarPath: jar })
  if (action.nodeExists) await setLabels(slot, nodeLabels, context)
  else await createNode(slot, nodeLabels, context)
  const secret = await secretOf(slot, context)
  await launchContainer({ engine, spec, secret, ...(signal && { signal }) })
}

function specInput(slotPlan: SlotPlan, { plan, jenkins }: ExecuteContext) {
  const { config, identity, transport } = plan
  const controllerVersion = jenkins.seen?.version
  return {
    plan: slotPlan,
    template: config.templates.find(({ name }) => name === slotPlan.template),
    image: plan.images(controllerVersion)[slotPlan.template],
    controllerUrl: config.controller.agentUrl ?? jenkins.url,
    controllerVersion,
    transport,
    identity,
    config,
  }
}

/** With what this machine offers today, which other laptops read from the description, and without any mark of ours. */
async function setLabels(slot: string, labels: string[], context: ExecuteContext): Promise<void> {
  const { jenkins, plan, signal } = context
  const description = plan.describe(slot)
  await jenkins.updateNode(slot, { labels, description, clearOfflineMark: true }, signal)
}

async function createNode(slot: string, labels: string[], context: ExecuteContext): Promise<void> {
  const { jenkins, plan, signal } = context
  await jenkins.createNode(
    {
      name: slot,
      description: plan.describe(slot),
      labels,
      remoteFs: plan.config.templates[0]?.workDir ?? '/home/jenkins/agent',
      executors: 1,
      mode: 'exclusive',
      webSocket: plan.transport.webSocket,
    },
    signal,
  )
}

async function secretOf(slot: string, { jenkins, secrets, signal }: ExecuteContext): Promise<Secret> {
  const known = secrets.get(slot)
  if (known) return known
  const secret = await jenkins.inboundSecret(slot, signal)
  secrets.set(slot, secret)
  return secret
}

/** A container that failed has its log kept; any other gets time to end by itself. */
async function remove(action: Extract<Action, { kind: 'remove' }>, context: ExecuteContext): Promise<void> {
  const { engine, plan, signal } = context
  const { containerId } = action
  if (!action.failed) {
    const graceMs = plan.config.container.stopGrace
    return endContainer({ engine, containerId, graceMs, ...(signal && { signal }) })
  }
  await bury(action, context)
  await engine.remove(containerId, signal)
}
