import type { CommandEntry } from './command.ts'

/** What the binary is, apart from what it does. */
export interface ProgramSpec {
  name: string
  version: string
  /** What people read first. */
  description: string
  /** Noun -> what its verbs are about. */
  nouns: Readonly<Record<string, string>>
  commands: readonly CommandEntry[]
  /** Command lines for somebody who typed the name alone. */
  firstSteps: readonly { line: string; explains: string }[]
}

/** Options that every command has, and the two that some have. */
export interface GlobalOptions {
  quiet: boolean
  verbose: boolean
  color: boolean
  config: string | undefined
  json: boolean
  dryRun: boolean
}
