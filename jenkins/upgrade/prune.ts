import { homeMountOf } from '../recipe/home-mount.ts'
import type { PruneReport, UpgradeOptions } from './contract.ts'
import { namesOf, rollbackTag } from './names.ts'
import { recoverFirst } from './recover.ts'
import { summaryOf, transactionsOf } from './transactions.ts'
import { type Keepsake, whatToPrune } from './what-to-prune.ts'
import { underLock, type Work } from './work.ts'

/**
 * Removes what the rules of the settings no longer keep: old containers, the names that keep old images, backups, failed homes. The
 * last good ones stay. With `dryRun` it only tells. Throws LockHeldError while another footman is at it.
 */
export async function prune(options: UpgradeOptions): Promise<PruneReport> {
  return await underLock(options, `tidying up after ${options.settings.name}`, async (work) => {
    if (!options.dryRun) await recoverFirst(work)
    return await pruneFirst(work)
  })
}

/** The same for who has the lock already. */
export async function pruneFirst(work: Work): Promise<PruneReport> {
  const { host, settings, keeperOf, dryRun, signal } = work.options
  const name = settings.name
  const container = await host.inspect(name, signal)
  const home = container && homeMountOf(container)
  const keeper =
    container &&
    keeperOf({
      controller: name,
      home: home?.source ?? settings.home,
      store: settings.backups.store,
      image: container.Image,
    })
  const [backups = [], failedHomes = []] = await Promise.all([
    keeper?.backups(signal),
    keeper?.failedHomes(signal),
  ])
  const past = transactionsOf(work.journal.entries).map((one) => summaryOf(one, name))
  // The one that an admin would go back to: an upgrade that was undone leaves nothing to go back from.
  const lastGood = past.findLast(({ outcome }) => outcome === 'upgraded')?.transaction
  const rule = (keep: number, keepMs: number) => ({ keep, keepMs, nowMs: work.clock.now() })
  const { prune: rules } = settings

  const report: PruneReport = {
    containers: whatToPrune(await oldContainers(work), rule(rules.keepContainers, rules.keepMs)),
    images: whatToPrune(await oldImages(work, lastGood), rule(rules.keepImages, rules.keepMs)),
    backups: whatToPrune(
      backups.map(({ id, atMs }, index) => ({ id, atMs, isSacred: index === 0 || id === lastGood })),
      rule(settings.backups.keep, settings.backups.keepMs),
    ),
    failedHomes: whatToPrune(
      failedHomes.map(({ id, atMs }) => ({ id, atMs, isSacred: false })),
      rule(rules.keepFailedHomes, rules.keepMs),
    ),
  }
  if (dryRun) return report
  for (const old of report.containers) await host.remove(old, {}, signal)
  for (const image of report.images) await host.removeImage(image, signal)
  for (const backup of report.backups) await keeper?.removeBackup(backup, signal)
  for (const failed of report.failedHomes) await keeper?.removeFailedHome(failed, signal)
  return report
}

/** By their names: their labels, if they have any, are of the time before they were old. */
async function oldContainers({ options: { host, settings, signal } }: Work): Promise<Keepsake[]> {
  const prefix = namesOf(settings.name, '').old
  return (await host.list({}, signal)).flatMap(({ name, status }) => {
    const transaction = name.startsWith(prefix) ? name.slice(prefix.length) : ''
    const atMs = timeOf(transaction)
    return atMs === undefined ? [] : [{ id: name, atMs, isSacred: status === 'running' }]
  })
}

async function oldImages(work: Work, lastGood: string | undefined): Promise<Keepsake[]> {
  const { host, signal } = work.options
  const known = await host.listImages({}, signal)
  const here = new Set(known.flatMap(({ references }) => references))
  return transactionsOf(work.journal.entries).flatMap((one) => {
    const { transaction, to, startedAtMs } = summaryOf(one, work.options.settings.name)
    const tag = to && rollbackTag(to.reference, transaction)
    return tag && here.has(tag) ? [{ id: tag, atMs: startedAtMs, isSacred: transaction === lastGood }] : []
  })
}

/** When a transaction began, by its id, ms since 1970; undefined for what is none. */
function timeOf(transaction: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)-[0-9a-f]{4}$/.exec(transaction) ?? []
  if (second === undefined) return undefined
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
