import { defineCommand, printResult } from '../../core/command.ts'
import type { PruneReport } from '../upgrade/contract.ts'
import { type Doors, realDoors } from './doors.ts'
import { openController } from './open.ts'

/** `footman jenkins prune`. Tests put other rooms behind the doors. */
export const pruneCommand = (doors: Doors) =>
  defineCommand({
    examples: [
      { line: 'footman jenkins prune --dry-run', explains: 'see what is no longer kept' },
      { line: 'footman jenkins prune', explains: 'remove it; every upgrade does that at its end, too' },
    ],
    reads: true,
    writes: true,
    async run(context) {
      const { settings, options } = await openController(context, doors)
      const report = await doors.prune(options)
      const lines = listing(report, context.dryRun ? 'remove' : 'removed')
      if (context.json || lines.length > 0) printResult(context, report, () => lines.join('\n'))
      else context.log.info(`${settings.name}: everything that is there is to be kept`)
    },
  })

export const command = pruneCommand(realDoors)

function listing({ containers, images, backups, failedHomes }: PruneReport, verb: string): string[] {
  const kinds = { container: containers, image: images, backup: backups, 'failed home': failedHomes }
  return Object.entries(kinds).flatMap(([kind, names]) => names.map((name) => `${verb} ${kind} ${name}`))
}
