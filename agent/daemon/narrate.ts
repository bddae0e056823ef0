import { FootmanError, messageOf } from '../../core/errors.ts'
import { formatDuration } from '../../core/units.ts'
import { formatSizeLabel } from '../labels/size.ts'
import type { Phase, Slot } from '../slots/slots.ts'
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
    ...(isNews ? (after.last?.outcomes.flatMap(narrateOutcome) ?? []) : []),
  ]
}

function narrateTrouble(before: DaemonState, after: DaemonState): Line[] {
  if (after.trouble === before.trouble) return []
  if (after.trouble) return [{ level: 'warn', text: `${after.trouble}; builds go on, trying again` }]
  return [{ level: 'info', text: 'in touch again' }]
}

function narrateGate(before: DaemonState, after: DaemonState, nowMs: number): Line[] {
  const { openness, because, untilMs } = after.gate
  if (openness === before.gate.openness && because === before.gate.because) return []
  if (openness === 'open')
    return before.gate.openness === 'open' ? [] : [{ level: 'info', text: 'lending again' }]
  const until = untilMs !== undefined ? `, for ${formatDuration(Math.max(0, untilMs - nowMs))} at most` : ''
  const what = openness === 'finishing' ? 'taking no more builds' : 'stopping containers'
  return [{ level: 'info', text: `${what}: ${because}${until}` }]
}

function narrateSlots(before: DaemonState, after: DaemonState): Line[] {
  const previous = new Map(before.last?.decision?.slots.map((slot) => [slot.name, slot]))
  return (after.last?.decision?.slots ?? []).flatMap((slot) => {
    const was = previous.get(slot.name)
    const isSame = was?.phase === slot.phase && was.node?.builds[0] === slot.node?.builds[0]
    const text = isSame ? undefined : sayPhase(slot, was?.phase)
    return text ? [{ level: text.level, text: `${slot.name}: ${text.text}` }] : []
  })
}

function sayPhase(slot: Slot, was: Phase | undefined): Line | undefined {
  switch (slot.phase) {
    case 'idle':
      return { level: 'info', text: was === 'busy' ? 'build ended' : 'online' }
    case 'busy':
      return { level: 'info', text: `builds ${slot.node?.builds.map(buildName).join(', ') || 'something'}` }
    case 'held':
      return {
        level: 'warn',
        text: `marked offline in Jenkins (${slot.node?.offlineReason || 'no reason given'}); left alone`,
      }
    case 'taken':
      return {
        level: 'warn',
        text: 'a node of this name exists and is not ours; the slot stays unused (machine.name chooses another name)',
      }
    case 'haunted':
      return { level: 'warn', text: 'an agent is connected that no container of this engine runs' }
    case 'unlisted':
      return { level: 'warn', text: 'its node was deleted in Jenkins while the container runs' }
    default:
      return undefined
  }
}

function narrateOutcome({ action, error }: Outcome): Line[] {
  if (error) {
    const hint = error instanceof FootmanError && error.hint ? ` (${error.hint})` : ''
    const slot = 'slot' in action ? action.slot : 'plan' in action ? action.plan.slot : action.template
    return [{ level: 'warn', text: `${slot}: could not ${action.kind}: ${messageOf(error)}${hint}` }]
  }
  switch (action.kind) {
    case 'open':
      return [
        {
          level: 'info',
          text: `${action.plan.slot}: started ${formatSizeLabel(action.plan.size)} for ${action.because}`,
        },
      ]
    case 'restore':
      return [{ level: 'info', text: `${action.plan.slot}: node made again for its running container` }]
    case 'disconnect':
      return [{ level: 'warn', text: `${action.slot}: dead connection closed: ${action.because}` }]
    case 'remove':
      return action.failed
        ? []
        : [{ level: 'info', text: `${action.slot}: container removed: ${action.because}` }]
    default:
      return []
  }
}

/** `job/app/41/` of a build's URL as `app #41`; folders keep their names. */
export function buildName(url: string): string {
  const parts = [...url.matchAll(/job\/([^/]+)\//g)].map(([, name]) => decodeURIComponent(name ?? ''))
  const number = /\/(\d+)\/?$/.exec(url)?.[1]
  return parts.length > 0 ? `${parts.join('/')}${number ? ` #${number}` : ''}` : url
}
