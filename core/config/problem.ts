import { ConfigError } from '../errors.ts'

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Where a person finds it: `/etc/agent.yaml:3:8`, `variable FOOTMAN_MACHINE_CPUS`. */
  where: string
  /** The setting, e.g. `templates[0].size`; empty when none can be named. */
  path: string
  /** What was expected and what was found. Never the value of a secret. */
  says: string
}

/** All problems in one error, one line each, so that nobody mends a file by trying again and again. */
export function configError(subject: string, problems: readonly Problem[], hint: string): ConfigError {
  const inOrder = problems.toSorted((a, b) => a.where.localeCompare(b.where, 'en', { numeric: true }))
  const lines = inOrder.map(({ where, path, says }) => `  ${[where, path, says].filter(Boolean).join(': ')}`)
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  return new ConfigError(`${subject} has ${count}:\n${lines.join('\n')}`, { hint })
}
