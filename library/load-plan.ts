import type { LoadedPlan, PlanContext } from './loaded-plan.ts'
import { readStoredPlan, storePlan } from './plan-cache.ts'

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
  const startedAtMs = Date.now()
  const made = await makePlan(context)
  await storePlan(context, made, startedAtMs)
  return made
}
