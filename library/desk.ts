import type { LibraryConfig } from './config.ts'
import type { StepDefinition } from './definition.ts'
import type { Render, TemplateSource } from './render.ts'
import type { ResolvedStep } from './resolve.ts'

/** One file of the library, as it is to be. */
export interface PlannedFile {
  /** Below the output folder, with forward slashes. */
  path: string
  content: string
  /** A file of that name that is not ours stays as it is, instead of being an error. */
  yields?: true
  /** The step that it is about, by footman's name, and which part of that step it is. */
  of?: { step: string; part: string }
}

export interface PlanRequest {
  steps: readonly StepDefinition[]
  config: LibraryConfig
  templates: TemplateSource
  /** Of footman. */
  version: string
}

/** What the makers of files share. */
export interface Desk extends PlanRequest {
  resolved: readonly ResolvedStep[]
  render: Render
  /** The package as a path. */
  folder: string
  /** Puts the library's names of steps in place of footman's. */
  rename: (text: string) => string
  /** The line that says what made a file; `about` completes it. */
  header: (about: string) => string
  /** The text of a template that is copied as it is. Throws ConfigError when there is none. */
  copy: (name: string) => string
}
