import type { RawImage } from '../../core/container-host.ts'
import { messageOf, RemoteError } from '../../core/errors.ts'
import { passGate } from '../health/gate.ts'
import type { Expectation, HealthProbe, Sight, Verdict } from '../health/health.ts'
import { askAdmin } from './ask-admin.ts'
import type { Release } from './contract.ts'
import type { Failure } from './finish.ts'
import { tellLastWords } from './last-words.ts'
import { versionIn } from './look-around.ts'
import type { Plan } from './plan.ts'
import { unfinishedOf } from './transactions.ts'
import type { Work } from './work.ts'

export interface Passed {
  release: Release
  downtimeMs: number | undefined
}

/** Watches the new controller until it has proved good: the health gate, the soak, and the admin's own check. */
export async function gate(
  work: Work,
  plan: Plan,
  { id, container, image }: { id: string; container: string; image: RawImage },
): Promise<Passed | Failure> {
  const { settings, signal } = work.options
  const watch = watching(work, container)
  const verdict = await whileVerifying(work, { plan, id }, () =>
    passGate(watch.probe, expectationOf(plan, image, settings.upgrade.mayMissPlugins), {
      settings: settings.upgrade.gate,
      clock: work.clock,
      signal,
    }),
  )
  if (!verdict.healthy) {
    await tellLastWords(work, container)
    return {
      reason: `the new controller is not healthy: ${verdict.reason}`,
      hint: 'its last words are in the log of footman; the home as it left it is kept (footman jenkins backups)',
      outcome: 'rolled-back',
      isBlamed: !watch.hasEngineFailed(),
    }
  }
  const complaint = await askAdmin(work, container, verdict.signs.version)
  if (complaint !== undefined) return { reason: complaint, outcome: 'rolled-back', isBlamed: true }
  const stoppedAtMs = unfinishedOf(work.journal.entries)?.stoppedAtMs
  const firstAtMs = watch.firstGoodAtMs()
  return {
    release: {
      version: verdict.signs.version,
      imageId: image.Id,
      digest: plan.to.digest,
      reference: plan.to.reference,
    },
    downtimeMs: stoppedAtMs === undefined || firstAtMs === undefined ? undefined : firstAtMs - stoppedAtMs,
  }
}

/** What the new one must be like, by what the old one was. A rollback is only asked to be the version of the backup. */
export function expectationOf(plan: Plan, image: RawImage, mayMiss: string[]): Expectation {
  const { signs, kind } = plan
  const isCompared = kind === 'upgrade'
  const active = (signs?.plugins ?? []).filter((plugin) => plugin.active && plugin.enabled)
  return {
    version: versionIn(image),
    activePlugins: isCompared ? active.map(({ shortName }) => shortName) : [],
    mayMiss,
    minJobs: isCompared ? signs?.jobs : undefined,
    mayBeQuiet: false,
  }
}

/** Looks through a probe, and remembers when the controller was first seen up, and whether the engine failed meanwhile. */
export function watching(work: Work, container: string) {
  const probe = work.options.probeOf(container)
  let firstGoodAtMs: number | undefined
  let hasEngineFailed = false
  const isBad = ({ state }: Sight) => state === 'dead' || state === 'silent'
  const look: HealthProbe['look'] = async (signal) => {
    try {
      const sight = await probe.look(signal)
      if (sight.state === 'up' || sight.state === 'closed') firstGoodAtMs ??= work.clock.now()
      if (isBad(sight)) await work.options.host.facts(signal)
      return sight
    } catch (error) {
      if (error instanceof RemoteError) hasEngineFailed = true
      throw error
    }
  }
  return {
    probe: { look },
    firstGoodAtMs: () => firstGoodAtMs,
    hasEngineFailed: () => hasEngineFailed,
  }
}

/**
 * While the new version boots nobody needs the backup: time to read it again. Not a moment longer when the new version has failed, as
 * Jenkins is down then.
 */
async function whileVerifying(
  work: Work,
  { plan, id }: { plan: Plan; id: string },
  watch: () => Promise<Verdict>,
): Promise<Verdict> {
  const giveUp = new AbortController()
  const verified = work.options.settings.backups.verify
    ? verify(work, plan, { id, signal: giveUp.signal })
    : undefined
  try {
    const verdict = await watch()
    if (!verdict.healthy) giveUp.abort()
    return verdict
  } catch (error) {
    giveUp.abort()
    throw error
  } finally {
    await verified
  }
}

/** A damaged backup is told of, and does not stop a good upgrade. */
async function verify(
  { options: { log, keeperOf } }: Work,
  plan: Plan,
  { id, signal }: { id: string; signal: AbortSignal },
): Promise<void> {
  try {
    const verified = await keeperOf(plan.places).verify(id, signal)
    if (!verified.ok) log.warn(`the backup ${id} is damaged: ${verified.differences.slice(0, 5).join('; ')}`)
  } catch (error) {
    if (!signal.aborted) log.warn(`the backup ${id} could not be verified: ${messageOf(error)}`)
  }
}
