import { formatDuration, formatSize } from '../../core/units.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { Wish } from '../daemon/wish.ts'
import { type Hours, withinHours } from './hours.ts'
import type { Readings } from './sensor.ts'

export type Policy = AgentConfig['policy']

export interface Circumstances {
  policy: Policy
  /** policy.hours, parsed. */
  hours: readonly Hours[]
  readings: Readings
  wish: Wish
  nowMs: number
}

/** Something that speaks against lending now. */
export interface Objection {
  /** In words for people, as the second half of "it does not lend: ...". */
  because: string
  /** `wait`: builds go on as long as they take. `ladder`: they are stopped after a while. `stop`: at once. */
  demands: 'wait' | 'ladder' | 'stop'
  /** A sensor said so; it may say otherwise in a moment. */
  fickle: boolean
  /** When it ends by itself, ms. */
  untilMs?: number
  /** When it began, where that is known, ms. */
  sinceMs?: number
}

/** Everything that speaks against lending now, what the owner asked for first. */
export function objectionsTo(circumstances: Circumstances): Objection[] {
  return [...ofOwner(circumstances), ...ofHours(circumstances), ...ofSensors(circumstances)]
}

function ofOwner({ wish, nowMs }: Circumstances): Objection[] {
  if (wish.mode === 'run') return []
  const steady = { demands: 'ladder', fickle: false, sinceMs: wish.sinceMs } as const
  if (wish.mode === 'draining') return [{ ...steady, because: 'you drained it' }]
  const { untilMs } = wish
  if (untilMs === undefined) return [{ ...steady, because: 'you paused it' }]
  if (nowMs >= untilMs) return []
  return [{ ...steady, because: `you paused it until ${timeOf(untilMs, nowMs)}`, untilMs }]
}

function ofHours({ hours, nowMs }: Circumstances): Objection[] {
  const { within, changesAtMs } = withinHours(hours, nowMs)
  if (within || changesAtMs === undefined) return []
  const because = `its hours begin at ${timeOf(changesAtMs, nowMs)}`
  return [{ because, demands: 'ladder', fickle: false, untilMs: changesAtMs }]
}

function ofSensors({ policy, readings }: Circumstances): Objection[] {
  const { power, idleForMs, foreignLoad, freeDiskBytes, metered } = readings
  const objections: Objection[] = []
  const object = (demands: Objection['demands'], because: string) =>
    objections.push({ because, demands, fickle: true })

  if (policy.onBattery !== 'ignore' && power.known && power.value.onBattery) {
    const charge = power.value.percent === undefined ? '' : ` (${power.value.percent} %)`
    object(policy.onBattery === 'stop' ? 'stop' : 'ladder', `this machine runs on its battery${charge}`)
  }
  if (policy.userActive === 'finish' && idleForMs.known && idleForMs.value < policy.userIdleAfter) {
    object('ladder', `somebody used this machine ${formatDuration(idleForMs.value)} ago`)
  }
  if (policy.onMetered === 'finish' && metered.known && metered.value) {
    object('ladder', 'the network is a metered one')
  }
  if (policy.maxLoad !== undefined && foreignLoad.known && foreignLoad.value > policy.maxLoad) {
    const load = foreignLoad.value.toFixed(2)
    object('wait', `other programs keep it busy (load ${load} per CPU; policy.maxLoad is ${policy.maxLoad})`)
  }
  if (freeDiskBytes.known && freeDiskBytes.value < policy.minFreeDisk) {
    const least = formatSize(policy.minFreeDisk)
    object('wait', `${formatSize(freeDiskBytes.value)} of disk are free (policy.minFreeDisk is ${least})`)
  }
  return objections
}

/** `14:30` today, `Mon 14:30` within a week, otherwise with the date; local time. */
function timeOf(ms: number, nowMs: number): string {
  const at = new Date(ms)
  const two = (number: number) => String(number).padStart(2, '0')
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`
  if (at.toDateString() === new Date(nowMs).toDateString()) return clock
  if (ms - nowMs < 6 * 86_400_000) return `${weekdays[at.getDay()]} ${clock}`
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
