import { defineCommand, printResult } from '../../core/command.ts'
import { compareLibrary } from '../compare.ts'
import { unifiedDiff } from '../diff.ts'
import { loadPlan } from '../load-plan.ts'

export const command = defineCommand({
  examples: [
    { line: 'footman library diff', explains: 'a patch from what is there to what should be there' },
  ],
  reads: true,
  async run(context) {
    const { root, plan } = await loadPlan(context)
    const { differences } = compareLibrary(root, plan)
    const patches = differences.map(({ path, before, after }) => ({
      path,
      patch: unifiedDiff(path, before, after),
    }))
    if (context.json || patches.length > 0) {
      printResult(context, { root, patches }, () => patches.map(({ patch }) => patch).join(''))
    }
    if (patches.length === 0) context.log.info('nothing would change')
  },
})
