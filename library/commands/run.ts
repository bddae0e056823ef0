import { randomBytes } from 'node:crypto'
import { defineCommand, printResult } from '../../core/command.ts'
import { UserError } from '../../core/errors.ts'
import { packageVersion } from '../../core/package.ts'
import { parseDuration } from '../../core/units.ts'
import { planLibrary } from '../engine.ts'
import { findStep, parseNamedText, readParameters } from '../given-parameters.ts'
import { loadLibrary } from '../load-library.ts'
import { steps } from '../registry.ts'
import { resolveSteps } from '../resolve.ts'
import { runStep } from '../run-step.ts'
import { filesBeside, partsOf } from '../step-parts.ts'
import { loadTemplates } from '../templates.ts'

export const command = defineCommand({
  arguments: { step: { summary: 'the name of a step' } },
  options: {
    param: {
      summary: 'a parameter; again for the next item of a list; secrets as name=file:PATH, env:NAME or stdin',
      value: 'name=value',
      repeatable: true,
      parse: parseNamedText,
    },
    body: { summary: 'what runs in place of the body: a text for bash', value: 'text' },
    timeout: { summary: 'longest it may take (default 1h)', value: 'duration', parse: parseTimeout },
  },
  examples: [
    {
      line: "footman library run withEatMyData --param command='make test'",
      explains: 'try a step here, before it is pushed',
    },
    {
      line: 'footman library run withEatMyData --param scope=block --body ./fill-database.sh',
      explains: 'try one that stands around a body',
    },
  ],
  reads: true,
  writes: true,
  async run(context, { step, param, body, timeout = 3_600_000 }) {
    const { out, log, json, dryRun, cwd, env, signal } = context
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
    const parts = partsOf(origin, plan.files)
    const { parameters, credentials } = await readParameters(definition, param, context)
    const outcome = await runStep({
      definition,
      resource: parts.get('shell')?.content ?? '',
      files: filesBeside(parts),
      parameters: { ...parameters, ...(dryRun && { dryRun }) },
      body,
      credentials,
      cwd,
      env,
      timeoutMs: timeout,
      log,
      signal,
      id: randomBytes(6).toString('hex'),
      ...(env.TMPDIR && { tmp: env.TMPDIR }),
      onLine: (line, stream) => (stream === 'stdout' && !json ? out.write(`${line}\n`) : log.info(line)),
    })
    if (outcome.report) log.info(`${definition.name}: ${outcome.report}`)
    if (json) printResult(context, outcome.values, () => '')
    else for (const [name, value] of Object.entries(outcome.values)) log.info(`  ${name}: ${String(value)}`)
  },
})

function parseTimeout(text: string): number {
  const timeoutMs = parseDuration(text)
  if (timeoutMs) return timeoutMs
  throw new UserError(`'${text}' is no duration`, { hint: 'write e.g. --timeout 30m' })
}
