import { writeFileAtomic } from '../../core/atomic-write.ts'
import { recreateCommands } from '../recipe/commands.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { filesOf } from './names.ts'
import type { Work } from './work.ts'

/**
 * Writes the commands that make the old container again where that is gone, for whoever has to do without footman. The file is
 * the owner's alone: variables of a container may hold secrets. Throws UserError when it cannot be written.
 */
export async function writeCommandsByHand(work: Work, recipe: Recipe): Promise<void> {
  const { stateFolder, settings } = work.options
  const lines = [
    '#!/bin/sh -e',
    `# Makes the container ${recipe.name} again as it was before the latest upgrade or rollback began, and starts it: put the`,
    '# home back before.',
    ...recreateCommands(recipe),
    '',
  ]
  await writeFileAtomic(filesOf(stateFolder, settings.name).oldContainer, lines.join('\n'), { mode: 0o600 })
}
