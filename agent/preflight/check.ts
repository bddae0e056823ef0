import { FootmanError, isTransient, messageOf } from '../../core/errors.ts'

/** What one check found. */
export interface CheckOutcome {
  name: string
  /** `warn`: builds will run, with a drawback. `skipped`: could not be tried, because something before it failed. */
  result: 'ok' | 'warn' | 'fail' | 'skipped'
  finding: string
  /** What to do about it; always there for `fail` and `warn`. */
  cure?: string
  /** The failure may go away without anybody changing anything. */
  isTransient?: true
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

/** A failure that may be gone in a minute. */
export function passing(outcome: CheckOutcome): CheckOutcome {
  return { ...outcome, isTransient: true }
}

export function skipped(name: string, why: string): CheckOutcome {
  return { name, result: 'skipped', finding: why }
}

/** A failure in the words of the error. Its own hint knows more than the general cure. */
export function failure(name: string, error: unknown, cure: string): CheckOutcome {
  const hint = error instanceof FootmanError ? error.hint : undefined
  const outcome = fail(name, messageOf(error), hint ?? cure)
  return isTransient(error) ? passing(outcome) : outcome
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

/** Carries checks out, reporting each outcome as it comes, and returns what they found out. */
export async function follow<Facts>(
  checks: Checks<Facts>,
  note: (outcome: CheckOutcome) => void,
): Promise<Facts> {
  for (;;) {
    const step = await checks.next()
    if (step.done) return step.value
    try {
      note(step.value)
    } catch (error) {
      // Told of it, the checks tidy up behind themselves before they pass it on.
      await checks.throw(error)
    }
  }
}
