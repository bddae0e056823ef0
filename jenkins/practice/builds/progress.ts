import { z } from 'zod'
import type { Build } from '../contract.ts'

/** What is kept of one step, by its path in the script (`0/2/b1/0`), so that a Pipeline goes on after a restart. */
const stepRecord = z.object({
  ended: z.enum(['SUCCESS', 'FAILURE', 'ABORTED']).optional(),
  endText: z.string().optional(),
  /** node: where its block runs. */
  node: z.string().optional(),
  directory: z.string().optional(),
  workspace: z.string().optional(),
  /** sh: its task on the agent. */
  taskId: z.string().optional(),
  seenBytes: z.int().optional(),
  /** sleep: until when. */
  untilMs: z.number().optional(),
})
export type StepRecord = {
  -readonly [K in keyof z.output<typeof stepRecord>]: z.output<typeof stepRecord>[K]
}

const progress = z.record(z.string(), stepRecord)
export type Progress = z.output<typeof progress>

/** The progress of a build as found in it; empty for a build that never got anywhere. */
export function progressOf(build: Build): Progress {
  const found = progress.safeParse(build.progress).data ?? {}
  build.progress = found
  return found
}

/** Steps inside a block that has ended are not needed any more. */
export function dropInside(all: Progress, path: string): void {
  for (const key of Object.keys(all)) if (key.startsWith(`${path}/`)) delete all[key]
}

/** Node blocks that were running when the controller went down. */
export function openBlocks(all: Progress): number {
  return Object.values(all).filter((step) => step.node !== undefined && step.ended === undefined).length
}
