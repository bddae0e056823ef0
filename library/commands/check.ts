import { defineCommand, printResult } from '../../core/command.ts'
import { exitCodes } from '../../core/errors.ts'
import { table } from '../../core/table.ts'
import { compareLibrary, type Difference, type Drift } from '../compare.ts'
import { findLinks } from '../find-links.ts'
import { loadPlan } from '../load-plan.ts'

/** `footman library check`: for CI; exits 5 when the library is not what its configuration asks for. */
export const command = defineCommand({
  examples: [
    { line: 'footman library check', explains: 'exit 5 and name the files, when one is not as generated' },
  ],
  reads: true,
  async run(context) {
    const { root, plan } = await loadPlan(context)
    const { differences } = compareLibrary(root, plan)
    for (const path of findLinks(root)) {
      context.log.warn(
        `${path} is a symbolic link: once it is committed, Jenkins refuses the whole library for it`,
      )
    }
    const findings = differences.map(({ path, drift, isEdited }) => ({ path, drift, isEdited }))
    if (context.json || differences.length > 0)
      printResult(context, { root, differences: findings }, () =>
        table(
          differences.map((difference) => [
            words[difference.drift].state,
            difference.path,
            reason(difference),
          ]),
        ),
      )
    if (differences.length === 0) {
      context.log.info(`all ${plan.files.length} files are as they should be`)
      return exitCodes.ok
    }
    context.log.info('footman library diff shows the changes, footman library generate makes them')
    return exitCodes.drift
  },
})

const words: Record<Drift, { state: string; reason: string }> = {
  missing: { state: 'missing', reason: '' },
  outdated: { state: 'drifted', reason: 'generated with other settings or by another version' },
  edited: { state: 'drifted', reason: 'changed by somebody' },
  foreign: { state: 'drifted', reason: 'not written by footman' },
  orphaned: { state: 'orphaned', reason: 'no longer part of the library' },
}

function reason({ drift, isEdited }: Difference): string {
  return drift === 'orphaned' && isEdited
    ? 'no longer part of the library, and changed by somebody'
    : words[drift].reason
}
