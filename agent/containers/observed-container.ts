import type { ContainerState } from '../../core/container-engine.ts'
import { packageVersion } from '../../core/package.ts'
import type { Identity } from '../identity.ts'
import { joinNodeLabels, splitNodeLabels } from '../labels/node-labels.ts'
import { formatSizeLabel, parseSizeLabel } from '../labels/size.ts'
import type { ObservedContainer, SlotPlan } from '../world.ts'

/** Labels on our containers, from which any later start of the daemon knows what they are. */
const label = {
  machine: 'io.footman.machine',
  controller: 'io.footman.controller',
  slot: 'io.footman.slot',
  template: 'io.footman.template',
  size: 'io.footman.size',
  nodeLabels: 'io.footman.node-labels',
  /** By which it was started; whoever ends it has to undo what that did. */
  transport: 'io.footman.transport',
  /** Of footman itself; for people. */
  version: 'io.footman.version',
} as const

/** What all containers of this machine for this controller carry, and no other container does. */
export function containerLabels({ machineId, controllerId }: Identity): Record<string, string> {
  return { [label.machine]: machineId, [label.controller]: controllerId }
}

/** Everything that a slot's container has to tell about itself later. */
export function slotLabels(identity: Identity, plan: SlotPlan, transport: string): Record<string, string> {
  return {
    ...containerLabels(identity),
    [label.slot]: plan.slot,
    [label.template]: plan.template,
    [label.size]: formatSizeLabel(plan.size),
    [label.nodeLabels]: joinNodeLabels(plan.nodeLabels),
    [label.transport]: transport,
    [label.version]: packageVersion(),
  }
}

/** Whether two containers were made for the same slot of the same machine. */
export function isSameSlot(one: Record<string, string>, other: Record<string, string>): boolean {
  return [label.machine, label.controller, label.slot].every(
    (name) => one[name] !== undefined && one[name] === other[name],
  )
}

/** Reads a container of ours back. Undefined when a label is missing or garbled: then it is not ours to touch. */
export function observedContainer(state: ContainerState): ObservedContainer | undefined {
  const { [label.slot]: slot, [label.template]: template, [label.nodeLabels]: nodeLabels } = state.labels
  const size = parseSizeLabel(state.labels[label.size] ?? '')
  const transport = state.labels[label.transport]
  if (!slot || !template || nodeLabels === undefined || !size) return undefined
  return {
    id: state.id,
    slot,
    status: state.status,
    template,
    size,
    nodeLabels: splitNodeLabels(nodeLabels),
    ...(transport !== undefined && { transport }),
    createdAtMs: state.createdAtMs,
    oomKilled: state.oomKilled,
    exitCode: state.exitCode,
    link: 'unknown',
  }
}
