import { FootmanError, messageOf } from '../../core/errors.ts'

/** What one check found. */
export interface CheckOutcome {
  name: string
  /** `warn`: builds will run, with a drawback. `skipped`: could not be tried, because something before it failed. */
  result: 'ok' | 'warn' | 'fail' | 'skipped'
  finding: string
  /** What to do about it; always there for `fail` and `warn`. */
  cure?: string
}

/** Checks that depend on each other: outcomes in order, then what later checks need to know. */
export type Checks<Facts> = AsyncGenerator<CheckOutcome, Facts, void>

export function ok(name: string, finding: string): CheckOutcome {
  return { name, result: 'ok', finding }
}

export function warn(name: string, finding: string, cure: string): CheckOutcome {
  return { name, result: 'warn', finding, cure }
}

export function fail(name: string, finding: string, cure: string): CheckOutcome {
  return { name, result: 'fail', finding, cure }
}

export function skipped(name: string, why: string): CheckOutcome {
  return { name, result: 'skipped', finding: why }
}

/** A failure in the words of the error. Its own hint knows more than the general cure. */
export function failure(name: string, error: unknown, cure: string): CheckOutcome {
  const hint = error instanceof FootmanError ? error.hint : undefined
  return fail(name, messageOf(error), hint ?? cure)
}

/** Tries something; an error becomes an outcome, an abort of the signal stays an error. */
export async function attempt<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await work() }
  } catch (error) {
    signal?.throwIfAborted()
    return { error }
  }
}
