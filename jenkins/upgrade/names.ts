import { join } from 'node:path'
import { parseImageName } from '../../core/docker/host/names.ts'

/** Labels on all that a transaction makes; the next upgrade does not copy them. */
export const labels = {
  controller: 'footman.controller',
  transaction: 'footman.transaction',
  role: 'footman.role',
  /** On an old container that had to be made again: of which transaction. */
  remade: 'footman.remade',
} as const

/** What a transaction calls its things: so that whoever comes after a kill finds them by its id alone. */
export function namesOf(controller: string, transaction: string) {
  return {
    old: `${controller}-old-${transaction}`,
    rehearsal: `${controller}-rehearsal-${transaction}`,
    backup: transaction,
    failedHome: `${transaction}-failed`,
  }
}

/** The name under which the old image stays, whatever is pulled or pruned. */
export function rollbackTag(reference: string, transaction: string): string {
  return `${parseImageName(reference).repository}:footman-rollback-${transaction}`
}

/** Sortable by time, and short enough for a container's name. */
export function newTransaction(nowMs: number, random: () => number): string {
  const time = new Date(nowMs).toISOString().replace(/\D/g, '').slice(0, 14)
  const chance = Math.floor(random() * 16 ** 4)
    .toString(16)
    .padStart(4, '0')
  return `${time}-${chance}`
}

/** Where the journal, its lock, the record of failed images and the commands for the old container of a controller are. */
export function filesOf(stateFolder: string, controller: string) {
  const folder = join(stateFolder, 'jenkins', controller)
  return {
    folder,
    journal: join(folder, 'journal'),
    lock: join(folder, 'lock'),
    failed: join(folder, 'failed.json'),
    oldContainer: join(folder, 'old-container.sh'),
    /** Room for the last entries on a disk that has become full. */
    reserve: join(folder, 'reserve'),
  }
}
