import { runOrThrow } from '../../core/process.ts'
import type { Outcome } from '../upgrade/contract.ts'
import type { Surroundings } from './surroundings.ts'
import type { Values } from './values.ts'

const deadlineMs = 60_000

/**
 * Runs the admin's program: each value is a variable FOOTMAN_…, and the whole outcome comes as JSON on its standard input. Throws UserError
 * when it fails or takes longer than a minute. It is not run twice: nobody knows what it did already.
 */
export async function runCommandHook(
  words: readonly string[],
  { outcome, values }: { outcome: Outcome; values: Values },
  { env, cwd, signal }: Pick<Surroundings, 'env' | 'cwd' | 'signal'>,
): Promise<void> {
  const variables = Object.entries(values).map(([name, value]) => [variableOf(name), value])
  await runOrThrow(words, {
    timeoutMs: deadlineMs,
    cwd,
    env: { ...env, ...Object.fromEntries(variables) },
    input: `${JSON.stringify(outcome)}\n`,
    signal,
  })
}

/** `fromVersion` is FOOTMAN_FROM_VERSION. */
function variableOf(name: string): string {
  return `FOOTMAN_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}
