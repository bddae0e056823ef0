import type { PlannedFile } from './desk.ts'

const common = ['help', 'groovy', 'shell', 'docs', 'schema', 'declarative', 'scripted', 'test']

/** The files that one step consists of, by part: those that every step has, and after them its own. */
export function partsOf(step: string, files: readonly PlannedFile[]): ReadonlyMap<string, PlannedFile> {
  const parts = files.flatMap((file) => (file.of?.step === step ? [[file.of.part, file] as const] : []))
  const rank = (part: string) => (common.includes(part) ? common.indexOf(part) : common.length)
  return new Map(parts.toSorted(([a], [b]) => rank(a) - rank(b)))
}

/** What a step's resource finds beside itself, by path. */
export function filesBeside(parts: ReadonlyMap<string, PlannedFile>): ReadonlyMap<string, string> {
  return new Map(
    [...parts].filter(([part]) => part.includes('/')).map(([part, { content }]) => [part, content]),
  )
}
