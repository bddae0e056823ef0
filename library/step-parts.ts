import type { PlannedFile } from './desk.ts'

/** The files that one step consists of, by part: help, groovy, shell, docs, schema, declarative, scripted, test, and its own. */
export function partsOf(step: string, files: readonly PlannedFile[]): ReadonlyMap<string, PlannedFile> {
  return new Map(files.flatMap((file) => (file.of?.step === step ? [[file.of.part, file] as const] : [])))
}

/** What a step's resource finds beside itself, by path. */
export function filesBeside(parts: ReadonlyMap<string, PlannedFile>): ReadonlyMap<string, string> {
  return new Map(
    [...parts].filter(([part]) => part.includes('/')).map(([part, { content }]) => [part, content]),
  )
}
