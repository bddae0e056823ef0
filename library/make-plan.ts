import { join } from 'node:path'
import { ConfigError } from '../core/errors.ts'
import { packageVersion } from '../core/package.ts'
import { configFileName } from './config-file-name.ts'
import { planLibrary } from './engine.ts'
import { readLibrary } from './load-library.ts'
import type { LoadedPlan, PlanContext } from './loaded-plan.ts'
import { steps } from './registry.ts'
import { loadTemplates } from './templates.ts'

/**
 * Works out what the configuration asks for, from scratch. Throws ConfigError when it cannot be, or when there is no
 * configuration file.
 */
export async function makePlan(context: PlanContext): Promise<LoadedPlan> {
  const { config, file, root, overrides, files, warnings } = await readLibrary(context)
  if (file === undefined) {
    throw new ConfigError(`there is no ${configFileName} in ${context.cwd} or above it`, {
      hint: 'footman library init',
    })
  }
  const templates = loadTemplates(
    overrides,
    steps.map(({ name }) => name),
  )
  const { overridden } = templates
  const version = packageVersion()
  const plan = planLibrary({ steps, config, templates, version })
  return {
    root,
    plan,
    version,
    overridden,
    warnings,
    madeOf: { files: [...files, ...overridden.map((name) => join(overrides ?? '', name))], overrides },
  }
}
