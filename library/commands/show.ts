import { defineCommand, printResult } from '../../core/command.ts'
import { UserError } from '../../core/errors.ts'
import { packageVersion } from '../../core/package.ts'
import type { PlannedFile } from '../desk.ts'
import { planLibrary } from '../engine.ts'
import { findStep } from '../given-parameters.ts'
import { images } from '../images/registry.ts'
import { loadLibrary } from '../load-library.ts'
import { steps } from '../registry.ts'
import { resolveSteps } from '../resolve.ts'
import { partsOf } from '../step-parts.ts'
import { loadTemplates } from '../templates.ts'

export const command = defineCommand({
  arguments: { step: { summary: 'the name of a step or image' } },
  options: {
    part: {
      summary: 'print this part of it instead of its help or Dockerfile; --parts names them',
      value: 'name',
    },
    parts: { summary: 'list the parts that it has' },
  },
  examples: [
    { line: 'footman library show withEatMyData', explains: 'what it does, and every parameter' },
    { line: 'footman library show withEatMyData --part shell', explains: 'the shell that runs on the agent' },
    { line: 'footman library show jenkinsImage > Dockerfile', explains: 'the image of a controller' },
  ],
  reads: true,
  async run(context, { step, part, parts }) {
    const { config, overrides } = await loadLibrary(context)
    const all = { ...config, steps: [], exclude: [] }
    const isImage = images.some(({ name }) => name === step)
    const name = isImage ? step : findStep(resolveSteps(steps, all), step).origin
    const names = steps.map((definition) => definition.name)
    const plan = planLibrary({
      steps,
      config: isImage ? all : { ...all, steps: [name] },
      templates: loadTemplates(overrides, names),
      version: packageVersion(),
    })
    const found = partsOf(name, plan.files)
    if (parts) {
      printResult(context, [...found.keys()], (names) => names.join('\n'))
      return
    }
    const wanted = part ?? (isImage ? 'Dockerfile' : 'help')
    const { path, content } = found.get(wanted) ?? noSuchPart(wanted, found)
    printResult(context, { step, part: wanted, path, content }, () => content)
  },
})

function noSuchPart(part: string, found: ReadonlyMap<string, PlannedFile>): never {
  throw new UserError(`there is no part ${part}`, { hint: `it has ${[...found.keys()].join(', ')}` })
}
