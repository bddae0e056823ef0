import { defineCommand, printResult } from '../../core/command.ts'
import { table } from '../../core/table.ts'
import { images } from '../images/registry.ts'
import { loadLibrary } from '../load-library.ts'
import { steps } from '../registry.ts'
import { resolveSteps } from '../resolve.ts'

export const command = defineCommand({
  examples: [
    { line: 'footman library list', explains: 'every step and image, and its name in this library' },
  ],
  reads: true,
  async run(context) {
    const { config, file } = await loadLibrary(context)
    const names = new Map(
      resolveSteps(steps, config).map(({ origin, definition }) => [origin, definition.name]),
    )
    const rows = [
      ...steps.map(({ name, summary, shape }) => ({
        name,
        inLibrary: file === undefined ? null : (names.get(name) ?? null),
        shape: shape as string,
        summary,
      })),
      ...images.map(({ name, summary }) => ({
        name,
        inLibrary: file === undefined ? null : `images/${name}`,
        shape: 'image',
        summary,
      })),
    ]
    printResult(context, rows, (list) =>
      file === undefined
        ? table(list.map(({ name, summary }) => [name, summary]))
        : table(
            list.map(({ name, inLibrary, summary }) => [name, inLibrary ?? '-', summary]),
            ['step or image', 'in this library', 'what it does'],
          ),
    )
  },
})
