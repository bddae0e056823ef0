/**
 * How a step is tried with stand-ins for its tools. The call stack of every case is compared with a stored one, and the
 * case is aborted at every call in turn; afterwards nothing that a stand-in lent out may be missing.
 */
export interface FakeStep {
  /**
   * Program -> the bash text that stands in for it. `$FAKE_STATE` is a folder for notes: whatever a tool would leave on
   * the machine is a file in `$FAKE_STATE/held`, made when it is acquired and removed when it is released.
   * Every call is noted in `$FAKE_STATE/calls` before.
   */
  tools: Readonly<Record<string, string>>
  cases: readonly [FakeCase, ...FakeCase[]]
}

export interface FakeCase {
  title: string
  parameters: Readonly<Record<string, unknown>>
  /** What the body runs with `sh`; a case without one has no body. */
  body?: string
  /** What credentials hold: by id, by part (`username`, `password`, `value`, `keyFile`). */
  credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Files that the workspace has before. */
  files?: Readonly<Record<string, string>>
}
