import type { CommandResult as FullResult } from '../core/command-result.ts'
import { run } from '../core/process.ts'

/** Runs a program of this machine by its words, without a shell. Tests pass a function that answers from a table. */
export type RunCommand = (
  words: readonly string[],
  signal?: AbortSignal,
  timeoutMs?: number,
) => Promise<CommandResult>

/** How it ended; a program that does not exist has exit code 127. */
export type CommandResult = Pick<FullResult, 'exitCode' | 'stdout' | 'stderr'>

/** Runs a program, for at most 30 s if not told otherwise, and has it speak English. */
export const runCommand: RunCommand = (words, signal, timeoutMs = 30_000) =>
  run(words, { timeoutMs, graceMs: 1_000, env: { ...process.env, LC_ALL: 'C' }, signal })
