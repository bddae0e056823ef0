import type { Expectation, Sight, VitalSigns } from './health.ts'

/**
 * What one look means. `wait`: not there yet, or not for the moment. `doubt`: up, and something is wrong that a boot sometimes puts right by
 * itself; the same again and again is a failure. `bad`: waiting does not help.
 */
export type Judgement =
  | { kind: 'good'; signs: VitalSigns }
  | { kind: 'wait' | 'doubt' | 'bad'; reason: string }

/** Holds one look at a controller against what is expected of it. */
export function judge(sight: Sight, expectation: Expectation): Judgement {
  switch (sight.state) {
    case 'silent':
      return { kind: 'wait', reason: `it does not answer: ${sight.reason}` }
    case 'loading':
      return { kind: 'wait', reason: 'it still says that it is starting' }
    case 'broken':
      return { kind: 'bad', reason: `its boot has failed: ${sight.reason}` }
    case 'wizard':
      return { kind: 'bad', reason: 'it wants to be set up: its home is empty, or is not its home' }
    case 'dead':
      return { kind: 'bad', reason: sight.reason }
    case 'closed':
      return wrongVersion(sight, expectation) ?? { kind: 'doubt', reason: sight.reason }
    case 'up': {
      const { state: _, ...signs } = sight
      return judgeSigns(signs, expectation)
    }
  }
}

function judgeSigns(signs: VitalSigns, expectation: Expectation): Judgement {
  const { failing = [] } = signs
  const doubt = wrongPlugins(signs, expectation) ?? wrongJobs(signs, expectation)
  return (
    wrongVersion(signs, expectation) ??
    (doubt === undefined ? undefined : { kind: 'doubt', reason: doubt }) ??
    (failing.length > 0
      ? { kind: 'wait', reason: `its own health checks fail: ${list(failing)}` }
      : undefined) ??
    (signs.quietingDown && !expectation.mayBeQuiet
      ? { kind: 'wait', reason: 'it is in quiet mode: it starts no builds' }
      : { kind: 'good', signs })
  )
}

function wrongVersion({ version }: { version: string }, expectation: Expectation): Judgement | undefined {
  if (expectation.version === undefined || version === expectation.version) return undefined
  return { kind: 'bad', reason: `it is version ${version}, and ${expectation.version} was expected` }
}

function wrongPlugins({ plugins }: VitalSigns, { activePlugins, mayMiss }: Expectation): string | undefined {
  const needed = activePlugins.filter((name) => !mayMiss.includes(name))
  if (needed.length === 0) return undefined
  if (!plugins) return 'its plugins cannot be read any more'
  const state = new Map(plugins.map((plugin) => [plugin.shortName, plugin]))
  const missing = needed.filter((name) => !state.has(name))
  const idle = needed.filter((name) => state.get(name)?.active === false)
  if (missing.length > 0) return `plugins that worked before are missing: ${list(missing)}`
  if (idle.length > 0) return `plugins that worked before were not loaded: ${list(idle)}`
  return undefined
}

function wrongJobs({ jobs }: VitalSigns, { minJobs }: Expectation): string | undefined {
  if (minJobs === undefined || minJobs === 0) return undefined
  if (jobs === undefined) return 'its jobs cannot be read any more'
  return jobs < minJobs ? `it has ${jobs} jobs, and there were ${minJobs}` : undefined
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ')
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown
}
