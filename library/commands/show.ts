import { defineCommand, printResult } from '../../core/command.ts'
import { UserError } from '../../core/errors.ts'
import { packageVersion } from '../../core/package.ts'
import type { PlannedFile } from '../desk.ts'
import { planLibrary } from '../engine.ts'
import { findStep } from '../given-parameters.ts'
import { loadLibrary } from '../load-library.ts'
import { steps } from '../registry.ts'
import { resolveSteps } from '../resolve.ts'
import { partsOf } from '../step-parts.ts'
import { loadTemplates } from '../templates.ts'

export const command = defineCommand({
  arguments: { step: { summary: 'the name of a step' } },
  options: {
    part: { summary: 'print this part of it instead of its help; --parts names them', value: 'name' },
    parts: { summary: 'list the parts that it has' },
  },
  examples: [
    { line: 'footman library show withEatMyData', explains: 'what it does, and every parameter' },
    { line: 'footman library show withEatMyData --part shell', explains: 'the shell that runs on the agent' },
  ],
  reads: true,
  async run(context, { step, part, parts }) {
    const { config, overrides } = await loadLibrary(context)
    const all = { ...config, steps: [], exclude: [] }
    const { origin, definition } = findStep(resolveSteps(steps, all), step)
    const plan = planLibrary({
      steps,
      config: { ...all, steps: [origin] },
      templates: loadTemplates(
        overrides,
        steps.map(({ name }) => name),
      ),
      version: packageVersion(),
    })
    const found = partsOf(origin, plan.files)
    if (parts) {
      printResult(context, [...found.keys()], (names) => names.join('\n'))
      return
    }
    const { path, content } = found.get(part ?? 'help') ?? noSuchPart(part ?? 'help', found)
    printResult(context, { step: definition.name, part: part ?? 'help', path, content }, () => content)
  },
})

function noSuchPart(part: string, found: ReadonlyMap<string, PlannedFile>): never {
  throw new UserError(`there is no part ${part}`, { hint: `it has ${[...found.keys()].join(', ')}` })
}
