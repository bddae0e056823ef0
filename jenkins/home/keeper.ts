import { UserError } from '../../core/errors.ts'
import { backupsOf, copyReport, failedHomesOf, homeMeasure } from './answers.ts'
import { archiveTo } from './archive.ts'
import { help, helperLabels } from './helper.ts'
import type { HomeKeeper } from './home.ts'
import type { HelperOptions, HelperTask } from './task.ts'

/**
 * A HomeKeeper whose work is done in helper containers of the engine. A warm copy leaves its helper to the snapshot, which comes
 * while Jenkins is down; `endHelpers` ends it where no snapshot comes.
 */
export function homeKeeper(options: HelperOptions): HomeKeeper {
  const { host, places } = options
  const run = (verb: string, args: readonly string[], more: Partial<HelperTask>) =>
    help(options, { verb, args, ...more })

  return {
    async measure(signal) {
      return homeMeasure(await run('measure', [], { signal }))
    },
    async warmCopy(id, base, signal) {
      const args = [checkId(id), ...(base === undefined ? [] : [checkId(base)])]
      return copyReport(await run('warm', args, { signal, backup: id, keep: true }))
    },
    async snapshot(id, facts, signal) {
      return copyReport(await run('snapshot', [checkId(id), JSON.stringify(facts)], { signal, backup: id }))
    },
    async verify(id, signal) {
      const differences = await run('verify', [checkId(id)], { signal })
      return differences.length === 0 ? { ok: true } : { ok: false, differences }
    },
    async restore(id, keepAs, signal) {
      const failed = keepAs === undefined ? [] : [checkId(keepAs), JSON.stringify({ atMs: now() })]
      return copyReport(await run('restore', [checkId(id), ...failed], { signal, changesHome: true }))
    },
    async compare(id, signal) {
      return await run('compare', [checkId(id)], { signal })
    },
    async copyTo(id, volume, signal) {
      await freshVolume(options, volume, signal)
      await run('copy', [checkId(id)], { signal, target: volume })
    },
    async backups(signal) {
      return backupsOf(await run('list', [], { signal }))
    },
    async failedHomes(signal) {
      return failedHomesOf(await run('list', [], { signal }))
    },
    async removeBackup(id, signal) {
      await run('remove', [checkId(id)], { signal })
    },
    async removeFailedHome(id, signal) {
      await run('remove', [`failed/${checkId(id)}`], { signal })
    },
    async removeLeftovers(except, signal) {
      await run('leftovers', except.map(checkId), { signal })
    },
    async archive(id, file, signal) {
      await archiveTo(file, (consume) => run('archive', [checkId(id)], { signal, consume }))
    },
    async endHelpers(signal) {
      const helpers = await host.list(helperLabels(places.controller), signal)
      for (const { id } of helpers) await host.remove(id, {}, signal)
    },
  }

  function now(): number {
    return options.now?.() ?? Date.now()
  }
}

/** Names become folders of the store. */
function checkId(id: string): string {
  if (/^[A-Za-z0-9][\w.-]*$/.test(id) && id !== 'failed') return id
  throw new UserError(`${JSON.stringify(id)} is no name for a backup`, {
    hint: 'footman jenkins backups shows what there is',
  })
}

async function freshVolume(
  { host, places, labels }: HelperOptions,
  volume: string,
  signal?: AbortSignal,
): Promise<void> {
  const found = await host.inspectVolume(volume, signal)
  if (!found) {
    const own = { ...labels, 'footman.controller': places.controller, 'footman.role': 'rehearsal' }
    await host.createVolume(volume, own, signal)
    return
  }
  const own =
    found.Labels && typeof found.Labels === 'object' && !Array.isArray(found.Labels) ? found.Labels : {}
  if (own['footman.controller'] === places.controller) return
  throw new UserError(
    `the volume ${volume} is there already, and is not one of footman's for ${places.controller}`,
    {
      hint: 'copy to a volume of another name',
    },
  )
}
