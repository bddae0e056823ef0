import type { AgentStatus, SlotStatus } from '../control/protocol.ts'
import { addSizes } from '../labels/size.ts'
import { takesRoom } from '../slots/budget.ts'
import { buildKey, slotKey } from '../slots/recollect.ts'
import type { Phase, Slot } from '../slots/slots.ts'
import type { World } from '../world.ts'
import type { Plan } from './edges.ts'
import { buildName } from './narrate.ts'
import { type DaemonState, isAway } from './state.ts'

export interface StatusSource {
  plan: Plan
  state: DaemonState
  controller: { url: string; version: string | undefined }
  startedAtMs: number
  events: AgentStatus['events']
}

/** What `footman agent status` shows, made of what the last looks told. Pure. */
export function statusOf({ plan, state, controller, startedAtMs, events }: StatusSource): AgentStatus {
  const { gate, last, trouble, touchSinceMs, waiting } = state
  const world = last?.world
  const containers = world?.containers.filter(takesRoom) ?? []
  const { url, version } = controller
  return {
    pid: process.pid,
    startedAtMs,
    machine: plan.machine.name,
    controller: {
      url,
      ...(version !== undefined && { version }),
      reachable: !isAway(trouble),
      sinceMs: touchSinceMs,
      ...(trouble && isAway(trouble) && { trouble: trouble.text }),
    },
    ...(trouble && !isAway(trouble) && { engineTrouble: trouble.text }),
    openness: gate.openness,
    because: gate.because,
    ...(gate.untilMs !== undefined && { untilMs: gate.untilMs }),
    budget: { total: plan.machine.budget, used: addSizes(...containers.map(({ size }) => size)) },
    slots: (last?.decision?.slots ?? []).flatMap((slot) => slotStatus(slot, world) ?? []),
    waiting,
    events: [...events],
  }
}

const states: Record<Phase, SlotStatus['state'] | undefined> = {
  absent: undefined,
  taken: 'held',
  held: 'held',
  registered: 'registered',
  announced: 'registered',
  awaited: 'starting',
  haunted: 'held',
  stillborn: 'starting',
  removing: 'stopping',
  failed: 'failed',
  unlisted: 'starting',
  evicted: 'failed',
  starting: 'starting',
  lost: 'failed',
  idle: 'idle',
  busy: 'busy',
  finishing: 'finishing',
  stopping: 'stopping',
}

function slotStatus(slot: Slot, world: World | undefined): SlotStatus | undefined {
  const state = states[slot.phase]
  if (!state) return undefined
  const { container, node } = slot
  const sinceMs = sinceOf(slot, world)
  const build = node?.builds.map(buildName).join(', ')
  const note = noteOf(slot, world)
  return {
    slot: slot.name,
    state,
    ...(container && { template: container.template, size: container.size }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(build && { build }),
    ...(note && { note }),
  }
}

/** How long it has been so: a build for as long as it runs, anything else for as long as there is a container. */
function sinceOf({ name, container, node }: Slot, world: World | undefined): number | undefined {
  const { idleSince = {}, busySince = {} } = world?.recollection ?? {}
  return idleSince[name] ?? busySince[buildKey(name, node)] ?? container?.createdAtMs
}

function noteOf({ name, phase, node }: Slot, world: World | undefined): string | undefined {
  if (phase === 'held') return node?.offlineReason || 'marked offline in Jenkins'
  if (phase === 'taken') return 'a node of this name belongs to somebody else'
  if (phase === 'haunted') return 'an agent is connected that no container here runs'
  const setback = world?.recollection.setbacks[slotKey(name)]
  return setback ? `failed ${setback.count === 1 ? 'once' : `${setback.count} times in a row`}` : undefined
}
