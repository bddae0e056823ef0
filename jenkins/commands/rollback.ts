import { defineCommand } from '../../core/command.ts'
import { conclude, onPhase } from './conclude.ts'
import { type Doors, realDoors } from './doors.ts'
import { openController } from './open.ts'

/** `footman jenkins rollback`. Tests put other rooms behind the doors. */
export const rollbackCommand = (doors: Doors) =>
  defineCommand({
    arguments: {
      backup: {
        summary: 'id of the backup, as `footman jenkins backups` lists it; default: the newest',
        optional: true,
      },
    },
    options: {
      force: { summary: 'whatever warnings say' },
    },
    examples: [
      { line: 'footman jenkins rollback --dry-run', explains: 'see where that would lead' },
      {
        line: 'footman jenkins rollback',
        explains: 'back to the home and the version before the last upgrade',
      },
    ],
    reads: true,
    writes: true,
    async run(context, { backup, force }) {
      const { settings, options } = await openController(context, doors)
      const outcome = await doors.rollback({
        ...options,
        force,
        onPhase: onPhase(context),
        ...(backup !== undefined && { backup }),
      })
      return await conclude(outcome, context, { settings, doors })
    },
  })

export const command = rollbackCommand(realDoors)
