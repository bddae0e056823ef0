import { formatDuration } from '../../core/units.ts'
import type { GateSettings, VitalSigns } from './health.ts'
import type { Judgement } from './judge.ts'

/** How far a controller has come on its way through the gate. Plain data. */
export interface Progress {
  startedAtMs: number
  /** Of the boot that the good looks were of. */
  session: string | undefined
  /** Good looks of that boot, without another kind between them. */
  good: number
  /** Doubtful looks in a row. */
  doubts: number
  /** Looks in a row that were not good. */
  misses: number
  /** When there were enough good looks; the soak runs from then on. */
  healthyAtMs: number | undefined
}

export type Step =
  | { end: 'healthy'; signs: VitalSigns }
  | { end: 'unhealthy'; reason: string }
  | { end: undefined; progress: Progress }

export function firstProgress(startedAtMs: number): Progress {
  return { startedAtMs, session: undefined, good: 0, doubts: 0, misses: 0, healthyAtMs: undefined }
}

/** What a further look, judged at `nowMs`, makes of the progress so far. */
export function advance(
  progress: Progress,
  judgement: Judgement,
  { nowMs, settings }: { nowMs: number; settings: GateSettings },
): Step {
  if (judgement.kind === 'bad') return { end: 'unhealthy', reason: judgement.reason }
  const isLate = nowMs - progress.startedAtMs >= settings.deadlineMs
  if (judgement.kind === 'good') return afterGood(progress, judgement.signs, { nowMs, settings, isLate })
  const { kind, reason } = judgement
  const misses = progress.misses + 1
  const doubts = kind === 'doubt' ? progress.doubts + 1 : 0
  if (doubts >= settings.looks) return { end: 'unhealthy', reason }
  if (progress.healthyAtMs !== undefined) {
    if (misses >= settings.looks) return { end: 'unhealthy', reason: `it did not stay healthy: ${reason}` }
    return { end: undefined, progress: { ...progress, misses, doubts } }
  }
  if (isLate) {
    return { end: 'unhealthy', reason: `after ${formatDuration(settings.deadlineMs)}, ${reason}` }
  }
  return { end: undefined, progress: { ...progress, session: undefined, good: 0, misses, doubts } }
}

function afterGood(
  progress: Progress,
  signs: VitalSigns,
  { nowMs, settings, isLate }: { nowMs: number; settings: GateSettings; isLate: boolean },
): Step {
  const isOtherBoot = progress.session !== undefined && progress.session !== signs.session
  if (isOtherBoot && progress.healthyAtMs !== undefined) {
    return { end: 'unhealthy', reason: 'it restarted after it had been healthy' }
  }
  // Otherwise one that restarts after every look would be watched for ever.
  if (isOtherBoot && isLate) return { end: 'unhealthy', reason: 'it restarts again and again' }
  const good = isOtherBoot ? 1 : progress.good + 1
  const healthyAtMs = progress.healthyAtMs ?? (good >= settings.looks ? nowMs : undefined)
  if (healthyAtMs !== undefined && nowMs - healthyAtMs >= settings.soakMs) return { end: 'healthy', signs }
  const next = { ...progress, session: signs.session, good, doubts: 0, misses: 0, healthyAtMs }
  return { end: undefined, progress: next }
}
