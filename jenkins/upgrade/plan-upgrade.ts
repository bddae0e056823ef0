import { passGate } from '../health/gate.ts'
import type { Expectation, VitalSigns } from '../health/health.ts'
import { concernsOf } from '../recipe/concerns.ts'
import { homeMountOf } from '../recipe/home-mount.ts'
import type { Concern } from '../recipe/recipe.ts'
import { askAdmin } from './ask-admin.ts'
import type { Outcome } from './contract.ts'
import { failedImages, keyOf } from './failed.ts'
import { failedBefore } from './fetch-image.ts'
import {
  askNewest,
  lookAround,
  neighboursOf,
  othersBeside,
  type Surroundings,
  versionIn,
} from './look-around.ts'
import type { Newest } from './newest.ts'
import { without } from './outcome.ts'
import type { Plan } from './plan.ts'
import { spaceConcern } from './space.ts'
import type { Work } from './work.ts'

/** Finds out whether there is something new, and whether it can be gone to. Touches nothing. An outcome when there is nothing to do. */
export async function planUpgrade(work: Work): Promise<Plan | Outcome> {
  const { settings, host, signal, onPhase } = work.options
  onPhase?.('compare')
  const ask = { reference: settings.image, signal }
  const seen = await lookAround(host, settings.name, ask)
  if (!seen) {
    return without(work, {
      kind: 'refused',
      reason: `there is no container ${settings.name}`,
      hint: 'footman jenkins up makes one; for another name set name in jenkins.yaml',
    })
  }
  const found = await askNewest(host, seen, ask)
  const to = {
    version: seen.local && found.imageId === seen.local.Id ? versionIn(seen.local) : undefined,
    imageId: found.imageId ?? '',
    digest: found.digest,
    reference: settings.image,
  }
  const told = { from: seen.running, to }
  const idle = await whyIdle(work, found)
  if (idle) return without(work, { ...told, ...idle })

  const signs = await baseline(work, seen)
  if (typeof signs === 'string') {
    return without(work, {
      ...told,
      kind: 'refused',
      reason: `the controller that runs now is not healthy: ${signs}`,
      hint: 'put that right first: after an upgrade nobody could tell whose fault it is',
    })
  }
  onPhase?.('preflight')
  const home = homeMountOf(seen.container)
  const concerns = concernsOf({
    container: seen.container,
    changes: await host.changes(seen.container.Id, signal),
    others: await othersBeside(host, seen.container, signal),
  })
  if (!home || concerns.some(({ severity }) => severity === 'refuse')) {
    return refuse(work, told, concerns)
  }
  const places = {
    controller: settings.name,
    home: home.source,
    store: settings.backups.store,
    image: seen.image.Id,
  }
  const rehearse = settings.upgrade.rehearsal && !work.options.noRehearsal
  const keeper = work.options.keeperOf(places)
  const [[newestBackup], measure] = await Promise.all([keeper.backups(signal), keeper.measure(signal)])
  const base = newestBackup?.id
  const space = spaceConcern(measure, { rehearse, isFirst: base === undefined })
  if (space) return refuse(work, told, [...concerns, space])
  return {
    kind: 'upgrade',
    seen,
    home,
    places,
    to,
    pull: found.pull ? settings.image : undefined,
    source: seen,
    neighbours: await neighboursOf(host, seen.container, signal),
    signs,
    concerns,
    base,
    backup: undefined,
    rehearse,
  }
}

async function whyIdle(
  work: Work,
  found: Newest,
): Promise<(Pick<Outcome, 'kind' | 'reason'> & { hint?: string }) | undefined> {
  const { verdict, reason, digest, imageId } = found
  if (verdict === 'up-to-date' || verdict === 'pinned') return { kind: 'up-to-date', reason }
  if (work.options.force) return undefined
  const key = keyOf({ digest, imageId: imageId ?? '' })
  const failed = (await failedImages(work.failedFile)).find((one) => one.key === key)
  return failed && { kind: 'skipped', ...failedBefore(failed.reason) }
}

const baselineDeadlineMs = 60_000

/** The vital signs of the old controller, by the same recipe that the new one will be judged by; or why it is not healthy. */
async function baseline(work: Work, seen: Surroundings): Promise<VitalSigns | string> {
  const { settings, signal, onPhase } = work.options
  if (seen.container.State.Running !== true) return 'its container does not run'
  onPhase?.('baseline')
  const gate = settings.upgrade.gate
  const verdict = await passGate(work.options.probeOf(seen.container.Id), anything, {
    settings: { ...gate, soakMs: 0, deadlineMs: Math.min(gate.deadlineMs, baselineDeadlineMs) },
    clock: work.clock,
    signal,
  })
  if (!verdict.healthy) return verdict.reason
  return (await askAdmin(work, seen.container.Id, verdict.signs.version)) ?? verdict.signs
}

const anything: Expectation = {
  version: undefined,
  activePlugins: [],
  mayMiss: [],
  minJobs: undefined,
  mayBeQuiet: false,
}

export function refuse(work: Work, told: Partial<Outcome>, concerns: Concern[]): Outcome {
  const [first] = concerns.filter(({ severity }) => severity === 'refuse')
  return without(work, {
    ...told,
    kind: 'refused',
    reason: first?.message ?? 'the home of the controller is not a mount',
    hint: first?.hint,
    concerns,
  })
}
