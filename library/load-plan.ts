import type { CommandContext } from '../core/command.ts'
import type { LibraryPlan } from './engine.ts'
import { readStoredPlan, storePlan } from './plan-cache.ts'

export type PlanContext = Pick<CommandContext, 'cwd' | 'env' | 'configPath' | 'log'>

/** What a library is to be, and where. */
export interface LoadedPlan {
  /** The folder of the library. */
  root: string
  plan: LibraryPlan
  /** Of footman. */
  version: string
  /** Templates of the user that take the place of ours. */
  overridden: readonly string[]
  /** For the log. */
  warnings: readonly string[]
  /** What it was made of, besides footman itself. */
  madeOf: {
    files: readonly string[]
    /** The folder with the user's templates: a further file there changes the plan, too. */
    overrides: string | undefined
  }
}

/**
 * What the configuration asks for: the plan that was made last time, as long as nothing that it was made of has changed,
 * a fresh one otherwise. Throws ConfigError when it cannot be, or when there is no configuration file.
 */
export async function loadPlan(context: PlanContext): Promise<LoadedPlan> {
  const stored = await readStoredPlan(context)
  const loaded = stored ?? (await makeAndStore(context))
  for (const warning of loaded.warnings) context.log.warn(warning)
  return loaded
}

async function makeAndStore(context: PlanContext): Promise<LoadedPlan> {
  // Imported only now: what reads settings and renders templates takes most of the time of a short run.
  const { makePlan } = await import('./make-plan.ts')
  const made = await makePlan(context)
  await storePlan(context, made)
  return made
}
