import { type Clock, systemClock } from '../../core/clock.ts'
import { inWords, messageOf, UserError } from '../../core/errors.ts'
import { advance, firstProgress } from './gate-progress.ts'
import type { Expectation, GateSettings, HealthProbe, Sight, Verdict } from './health.ts'
import { type Judgement, judge } from './judge.ts'

export interface GateOptions {
  settings: GateSettings
  clock?: Clock
  signal?: AbortSignal | undefined
  /** Told every look, for progress. */
  onSight?: (sight: Sight) => void
}

/**
 * Looks at a controller until it has proved healthy, or that it will not be: `looks` good ones in a row, of one boot, and after that
 * healthy for the soak. What waiting cannot cure ends it at once; what a boot may put right by itself, after `looks` of the
 * kind in a row. One bad look during the soak may be chance; `looks` in a row, or another boot, are not. A look that throws
 * counts as silence, unless it is a UserError, which no waiting cures. Throws nothing but the signal's reason.
 */
export async function passGate(
  probe: HealthProbe,
  expectation: Expectation,
  options: GateOptions,
): Promise<Verdict> {
  const { settings, clock = systemClock, signal, onSight } = options
  const startedAtMs = clock.now()
  let progress = firstProgress(startedAtMs)
  for (;;) {
    const { sight, judgement } = await lookOnce(probe, expectation, signal)
    onSight?.(sight)
    const nowMs = clock.now()
    const tookMs = nowMs - startedAtMs
    const step = advance(progress, judgement, { nowMs, settings })
    if (step.end === 'healthy') return { healthy: true, signs: step.signs, tookMs }
    if (step.end === 'unhealthy') return { healthy: false, reason: step.reason, last: sight, tookMs }
    progress = step.progress
    await clock.sleep(settings.intervalMs, signal)
  }
}

async function lookOnce(
  probe: HealthProbe,
  expectation: Expectation,
  signal: AbortSignal | undefined,
): Promise<{ sight: Sight; judgement: Judgement }> {
  signal?.throwIfAborted()
  try {
    const sight = await probe.look(signal)
    return { sight, judgement: judge(sight, expectation) }
  } catch (error) {
    signal?.throwIfAborted()
    const sight: Sight = { state: 'silent', reason: messageOf(error) }
    if (!(error instanceof UserError)) return { sight, judgement: judge(sight, expectation) }
    return { sight, judgement: { kind: 'bad', reason: inWords(error) } }
  }
}
