import type { CommandContext } from '../core/command.ts'
import type { LibraryPlan } from './engine.ts'

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
