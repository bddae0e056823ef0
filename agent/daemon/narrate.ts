import { inWords } from '../../core/errors.ts'
import { formatDuration } from '../../core/units.ts'
import { formatSizeLabel } from '../labels/size.ts'
import { slotOf } from '../reconcile.ts'
import { isMarkedByMonitor, type Phase, type Slot } from '../slots/slots.ts'
import type { Action } from '../world.ts'
import type { Outcome } from './execute.ts'
import type { DaemonState } from './state.ts'

export interface Line {
  level: 'info' | 'warn' | 'error'
  text: string
}

/** What a person wants to hear of the change from one state of the daemon to the next. Pure. */
export function narrate(before: DaemonState, after: DaemonState, nowMs: number): Line[] {
  const isNews = after.last !== before.last
  return [
    ...narrateTrouble(before, after),
    ...narrateGate(before, after, nowMs),
    ...(isNews ? narrateSlots(before, after) : []),
    ...(isNews ? narrateOutcomes(before, after) : []),
  ]
}

/** Once for each trouble: how a controller fails to answer changes several times while it restarts. */
function narrateTrouble({ trouble: was }: DaemonState, { trouble }: DaemonState): Line[] {
  if (!trouble) {
    if (!was) return []
    const text = was.side === 'engine' ? 'the container engine answers again' : 'in touch again'
    return [{ level: 'info', text }]
  }
  const isSame = was?.side === trouble.side && was.isPassing === trouble.isPassing
  if (isSame && (trouble.isPassing || was.text === trouble.text)) return []
  const rest = trouble.side === 'engine' ? 'trying again' : 'builds go on, trying again'
  return [{ level: 'warn', text: `${trouble.text}; ${rest}` }]
}

function narrateGate(before: DaemonState, after: DaemonState, nowMs: number): Line[] {
  const { openness, because, untilMs } = after.gate
  if (openness === before.gate.openness && because === before.gate.because) return []
  if (openness === 'open') {
    return before.gate.openness === 'open' ? [] : [{ level: 'info', text: 'lending again' }]
  }
  const until = untilMs !== undefined ? `, for ${formatDuration(Math.max(0, untilMs - nowMs))} at most` : ''
  const what = openness === 'finishing' ? 'taking no more builds' : 'stopping containers'
  return [{ level: 'info', text: `${what}: ${because}${until}` }]
}

function narrateSlots(before: DaemonState, after: DaemonState): Line[] {
  const previous = new Map(before.last?.decision?.slots.map((slot) => [slot.name, slot]))
  return (after.last?.decision?.slots ?? []).flatMap((slot) => {
    const was = previous.get(slot.name)
    const isSame = was?.phase === slot.phase && was.node?.builds[0] === slot.node?.builds[0]
    const line = isSame ? undefined : sayPhase(slot, was?.phase)
    return line ? [{ ...line, text: `${slot.name}: ${line.text}` }] : []
  })
}

function sayPhase({ phase, node }: Slot, was: Phase | undefined): Line | undefined {
  switch (phase) {
    case 'idle':
      return info(was === 'busy' ? 'build ended' : 'online')
    case 'busy':
      return info(`builds ${node?.builds.map(buildName).join(', ') || 'something'}`)
    case 'finishing':
    case 'stopping':
      return node && isMarkedByMonitor(node) && was !== 'finishing'
        ? warn(`Jenkins took it offline by itself (${node.offlineReason})`)
        : undefined
    case 'held':
      return warn(`marked offline in Jenkins (${node?.offlineReason || 'no reason given'}); left alone`)
    case 'taken':
      return warn(
        'a node of this name exists and is not ours; the slot stays unused (machine.name chooses another name)',
      )
    case 'haunted':
      return warn('an agent is connected that no container of this engine runs')
    case 'awaited':
      return warn('a build waits there for a container that is gone')
    case 'unlisted':
      return warn('its node was deleted in Jenkins while the container runs')
    default:
      return undefined
  }
}

/** A failure that repeats itself look after look is told once. */
function narrateOutcomes(before: DaemonState, after: DaemonState): Line[] {
  const told = new Set(before.last?.outcomes.flatMap(narrateFailure).map(({ text }) => text))
  return (after.last?.outcomes ?? []).flatMap((outcome) =>
    outcome.error
      ? narrateFailure(outcome).filter(({ text }) => !told.has(text))
      : narrateSuccess(outcome.action),
  )
}

function narrateFailure({ action, error }: Outcome): Line[] {
  if (!error) return []
  const what = slotOf(action) ?? (action.kind === 'pull' ? action.template : '')
  return [warn(`${what}: could not ${verbs[action.kind]}: ${inWords(error)}`)]
}

const verbs: Record<Action['kind'], string> = {
  register: 'register its node',
  open: 'start a container',
  restore: 'make its node again',
  mark: 'mark its node offline',
  unmark: 'take the offline mark off its node',
  disconnect: 'close its dead connection',
  remove: 'remove its container',
  park: 'take the labels off its node',
  unregister: 'take its node off the controller',
  pull: 'pull its image',
}

function narrateSuccess(action: Action): Line[] {
  switch (action.kind) {
    case 'open': {
      const { slot, size } = action.plan
      return [info(`${slot}: started ${formatSizeLabel(size)} for ${action.because}`)]
    }
    case 'restore':
      return [info(`${action.plan.slot}: node made again for its running container`)]
    case 'disconnect':
      return [warn(`${action.slot}: dead connection closed: ${action.because}`)]
    case 'remove':
      return action.failed ? [] : [info(`${action.slot}: container removed: ${action.because}`)]
    default:
      return []
  }
}

function info(text: string): Line {
  return { level: 'info', text }
}

function warn(text: string): Line {
  return { level: 'warn', text }
}

/** `job/app/41/` of a build's URL as `app #41`; folders keep their names. */
export function buildName(url: string): string {
  const parts = [...url.matchAll(/job\/([^/]+)\//g)].map(([, name]) => decode(name ?? ''))
  const number = /\/(\d+)\/?$/.exec(url)?.[1]
  return parts.length > 0 ? `${parts.join('/')}${number ? ` #${number}` : ''}` : url
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
