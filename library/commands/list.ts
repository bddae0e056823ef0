import { defineCommand, printResult } from '../../core/command.ts'
import { table } from '../../core/table.ts'
import { loadLibrary } from '../load-library.ts'
import { steps } from '../registry.ts'
import { resolveSteps } from '../resolve.ts'

export const command = defineCommand({
  examples: [{ line: 'footman library list', explains: 'every step, and its name in this library' }],
  reads: true,
  async run(context) {
    const { config, file } = await loadLibrary(context)
    const names = new Map(
      resolveSteps(steps, config).map(({ origin, definition }) => [origin, definition.name]),
    )
    const rows = steps.map(({ name, summary, shape }) => ({
      name,
      inLibrary: file === undefined ? null : (names.get(name) ?? null),
      shape,
      summary,
    }))
    printResult(context, rows, (list) =>
      file === undefined
        ? table(list.map(({ name, summary }) => [name, summary]))
        : table(
            list.map(({ name, inLibrary, summary }) => [name, inLibrary ?? '-', summary]),
            ['step', 'in this library', 'what it does'],
          ),
    )
  },
})
