import { formatSize } from '../../core/units.ts'
import type { HomeMeasure } from '../home/home.ts'
import type { Concern } from '../recipe/recipe.ts'

/** A little more than what is copied: files grow meanwhile, and folders take room as well. */
const margin = 1.1
/** Of the home, that may have changed since the last backup; more is found out when it is copied. */
const changed = 0.1

/** What speaks against an upgrade for lack of space; undefined when there is enough. Pure. */
export function spaceConcern(
  { files, bytes, storeFreeBytes, storeFreeInodes }: HomeMeasure,
  { rehearse, isFirst }: { rehearse: boolean; isFirst: boolean },
): Concern | undefined {
  const copies = (isFirst ? 1 : changed) + (rehearse ? 1 : 0)
  const neededBytes = Math.ceil(bytes * copies * margin)
  const hint = rehearse
    ? 'free some, let backups.store name another place, or do without the rehearsal: --no-rehearsal'
    : 'free some (footman jenkins prune), or let backups.store name another place'
  if (storeFreeBytes < neededBytes) {
    return {
      severity: 'refuse',
      message: `the copies of the home need ${formatSize(neededBytes)}, and ${formatSize(storeFreeBytes)} are free`,
      hint,
    }
  }
  const neededInodes = Math.ceil(files * ((isFirst ? 1 : changed) + (rehearse ? 1 : 0)) * margin)
  if (storeFreeInodes !== undefined && storeFreeInodes < neededInodes) {
    return {
      severity: 'refuse',
      message: `the copies of the home need ${neededInodes} inodes, and ${storeFreeInodes} are free`,
      hint,
    }
  }
  return undefined
}
