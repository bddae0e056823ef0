import { defineCommand } from '../../core/command.ts'
import { conclude, onPhase } from './conclude.ts'
import { type Doors, realDoors } from './doors.ts'
import { openController } from './open.ts'

/** `footman jenkins upgrade`. Tests put other rooms behind the doors. */
export const upgradeCommand = (doors: Doors) =>
  defineCommand({
    options: {
      noRehearsal: { summary: 'do not try the new version on a copy of the home first' },
      force: { summary: 'also a version that has failed before, and whatever warnings say' },
      probe: {
        summary: 'your own check of the new version, run by sh; exit code 0 is healthy',
        value: 'command',
      },
    },
    examples: [
      { line: 'footman jenkins upgrade --dry-run', explains: 'see what is new, and what would be done' },
      {
        line: 'footman jenkins upgrade',
        explains: 'upgrade; whatever goes wrong brings the old version back',
      },
      {
        line: "footman jenkins upgrade --probe 'curl --fail http://localhost:8080/job/smoke/'",
        explains: 'with a check of your own',
      },
    ],
    reads: true,
    writes: true,
    async run(context, { noRehearsal, force, probe }) {
      const flags = probe === undefined ? undefined : { upgrade: { probe: ['sh', '-c', probe] } }
      const { settings, options } = await openController(context, doors, flags)
      const outcome = await doors.upgrade({ ...options, noRehearsal, force, onPhase: onPhase(context) })
      return await conclude(outcome, context, { settings, doors })
    },
  })

export const command = upgradeCommand(realDoors)
