import type { RawImage } from '../../core/container-host.ts'
import { parseImageName } from '../../core/docker/host/names.ts'
import { UserError } from '../../core/errors.ts'
import type { Backup } from '../home/home.ts'
import { concernsOf } from '../recipe/concerns.ts'
import { homeMountOf } from '../recipe/home-mount.ts'
import type { HomeMount } from '../recipe/recipe.ts'
import type { Outcome } from './contract.ts'
import { lookAround, neighboursOf, othersBeside, type Surroundings } from './look-around.ts'
import { namesOf } from './names.ts'
import type { Plan } from './plan.ts'
import { refuse } from './plan-upgrade.ts'
import { spaceConcern } from './space.ts'
import type { Work } from './work.ts'

/** Finds the backup to go back to, and what ran on it. Touches nothing. Throws UserError when there is no such container, backup or image. */
export async function planRollback(work: Work, wanted: string | undefined): Promise<Plan | Outcome> {
  const { settings, host, signal, onPhase } = work.options
  onPhase?.('preflight')
  const seen = await lookAround(host, settings.name, { reference: settings.image, signal })
  if (!seen) {
    throw new UserError(`there is no container ${settings.name}`, {
      hint: 'footman jenkins up makes one; then footman jenkins rollback puts the home back',
    })
  }
  const home = homeMountOf(seen.container)
  const concerns = concernsOf({
    container: seen.container,
    changes: await host.changes(seen.container.Id, signal),
    others: await othersBeside(host, seen.container, signal),
  })
  if (!home || concerns.some(({ severity }) => severity === 'refuse')) {
    return refuse(work, { from: seen.running }, concerns)
  }
  const places = {
    controller: settings.name,
    home: home.source,
    store: settings.backups.store,
    image: seen.image.Id,
  }
  const keeper = work.options.keeperOf(places)
  const [backups, measure] = await Promise.all([keeper.backups(signal), keeper.measure(signal)])
  const backup = choose(backups, wanted, seen.image.Id)
  const space = spaceConcern(measure, { rehearse: false, isFirst: false })
  if (space) return refuse(work, { from: seen.running }, [...concerns, space])
  const image = await host.inspectImage(backup.imageId, signal)
  const pull = image ? undefined : pullable(backup, seen)
  const source = (await keptContainer(work, { backup, image, home })) ?? seen
  return {
    kind: 'rollback',
    seen,
    home,
    places,
    to: {
      version: backup.version,
      imageId: image?.Id ?? '',
      digest: backup.digest,
      reference: settings.image,
    },
    pull,
    source,
    neighbours: await neighboursOf(host, source.container, signal),
    signs: undefined,
    concerns,
    base: backups[0]?.id,
    backup: backup.id,
    rehearse: false,
  }
}

function choose(backups: readonly Backup[], wanted: string | undefined, runningImage: string): Backup {
  const backup =
    wanted === undefined
      ? (backups.find(({ imageId }) => imageId !== runningImage) ?? backups[0])
      : backups.find(({ id }) => id === wanted)
  if (backup) return backup
  throw new UserError(wanted === undefined ? 'there is no backup yet' : `there is no backup ${wanted}`, {
    hint: 'footman jenkins backups lists them',
  })
}

function pullable(backup: Backup, seen: Surroundings): string {
  if (backup.digest === undefined) {
    throw new UserError(`the image that ran on backup ${backup.id} is not on this machine any more`, {
      hint: `build it again or load it; it was ${backup.imageId}`,
    })
  }
  return `${parseImageName(seen.running.reference).repository}@${backup.digest}`
}

/** The old container as it was then knows best how that version was run; unless the home has moved since, to where the backup goes back to. */
async function keptContainer(
  { options: { host, settings, signal } }: Work,
  { backup, image, home }: { backup: Backup; image: RawImage | undefined; home: HomeMount },
): Promise<Plan['source'] | undefined> {
  const container = await host.inspect(namesOf(settings.name, backup.transaction).old, signal)
  if (!container || !image || container.Image !== image.Id) return undefined
  const then = homeMountOf(container)
  return then?.source === home.source && then.target === home.target ? { container, image } : undefined
}
