import { randomBytes } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../core/errors.ts'
import { createLog } from '../core/log.ts'
import { packageVersion } from '../core/package.ts'
import { acceptParameters } from './accept.ts'
import { compareLibrary } from './compare.ts'
import { libraryConfigSchema } from './config.ts'
import { type LibraryPlan, planLibrary } from './engine.ts'
import { steps } from './registry.ts'
import { resolveSteps } from './resolve.ts'
import { runStep } from './run-step.ts'
import { filesBeside, partsOf } from './step-parts.ts'
import { loadTemplates } from './templates.ts'
import { writeLibrary } from './write.ts'

export interface Stagehand {
  /** Says one line to the audience. */
  say(line: string): void
  signal: AbortSignal
  /** An empty folder, which the caller removes afterwards. */
  folder: string
}

const shown = 'withEatMyData'

/**
 * Act two: a library is generated, a change by hand is found and undone, and one of its steps runs on this machine, which
 * needs nothing but bash. Throws UserError when something does not go as it should.
 */
export async function actTwo({ say, signal, folder }: Stagehand): Promise<void> {
  const root = join(folder, 'library')
  const version = packageVersion()
  const config = libraryConfigSchema.parse({ prefix: 'our', package: 'com.example.jenkins' })
  const startedAtMs = performance.now()
  const plan = planLibrary({ steps, config, templates: loadTemplates(), version })
  const write = async (force: boolean) =>
    writeLibrary({ root, plan, comparison: compareLibrary(root, plan), version, force, signal })
  await write(false)
  const took = Math.round(performance.now() - startedAtMs)
  say(
    `a library of ${steps.length} steps, ${plan.files.length} files, was generated in ${took} ms; of one of them:`,
  )
  for (const path of pathsOf(plan)) say(`  ${path}`)

  await showDrift(root, plan, say)
  await write(true)
  await runHere(plan, { say, signal, folder })
}

function pathsOf(plan: LibraryPlan): string[] {
  return [...partsOf(shown, plan.files).values()].map(({ path }) => path)
}

async function showDrift(root: string, plan: LibraryPlan, say: (line: string) => void): Promise<void> {
  const changed = partsOf(shown, plan.files).get('groovy')?.path ?? ''
  await appendFile(join(root, changed), '// just one line\n')
  const { differences } = compareLibrary(root, plan)
  const [found] = differences
  if (differences.length !== 1 || found?.path !== changed) {
    throw new UserError(`a change in ${changed} was not found`)
  }
  say(`somebody adds one line: check ends with exit code 5 and names ${found.path}; generate puts it right`)
}

async function runHere(plan: LibraryPlan, { say, signal, folder }: Stagehand): Promise<void> {
  const [step] = resolveSteps(steps, libraryConfigSchema.parse({ prefix: 'our', steps: [shown] }))
  if (!step) throw new UserError(`there is no step ${shown}`)
  const { definition } = step
  const slip = acceptParameters(definition, { comand: 'make' }, false)
  say(`a slip of the pen, ${definition.name}(comand: 'make'), is refused before anything happens:`)
  if ('problem' in slip) say(`  | ${definition.name}: ${slip.problem}`)
  const parts = partsOf(shown, plan.files)
  say(`${definition.name} runs here, as it would on an agent:`)
  const outcome = await runStep({
    definition,
    resource: parts.get('shell')?.content ?? '',
    files: filesBeside(parts),
    parameters: { command: ['echo', '$(date) is a value here, and stays one'], require: false },
    credentials: {},
    cwd: folder,
    env: process.env,
    timeoutMs: 30_000,
    log: createLog({ sink: { write: (text) => say(`  | ${text.trimEnd()}`) } }),
    onLine: (line) => say(`  | ${line}`),
    signal,
    id: randomBytes(6).toString('hex'),
    tmp: folder,
  })
  say(`  | ${definition.name}: ${outcome.report}`)
}
