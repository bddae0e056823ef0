import { defineCommand, printResult } from '../../core/command.ts'
import { exitCodes } from '../../core/errors.ts'
import { conclude, onPhase } from './conclude.ts'
import { type Doors, realDoors } from './doors.ts'
import { openController } from './open.ts'

/** `footman jenkins recover`. Tests put other rooms behind the doors. */
export const recoverCommand = (doors: Doors) =>
  defineCommand({
    examples: [
      {
        line: 'footman jenkins recover',
        explains:
          'bring to its end what a footman that was killed left behind; every other verb does that, too',
      },
    ],
    reads: true,
    writes: true,
    async run(context) {
      const { settings, options } = await openController(context, doors)
      const outcome = await doors.recover({ ...options, onPhase: onPhase(context) })
      if (outcome) return await conclude(outcome, context, { settings, doors })
      printResult(context, null, () => `${settings.name}: nothing is unfinished`)
      return exitCodes.ok
    },
  })

export const command = recoverCommand(realDoors)
