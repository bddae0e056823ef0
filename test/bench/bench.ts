import type { PracticeStage } from '../e2e/practice-stage.ts'

/** One measured number. */
export interface Figure {
  /** e.g. `decide on 1,000 builds, median`. */
  what: string
  value: number
  unit: string
  target?: Target
  /** The same by other means, measured in the same run. */
  baseline?: { what: string; value: number }
}

export type Target = { atMost: number } | { atLeast: number }

export interface Bench {
  name: string
  /** Needs a running container engine; left out, aloud, where none answers. */
  needsEngine: boolean
  /** Cleans up after itself by what it gives to `defer`. */
  run(bench: Workbench): Promise<Figure[]>
}

/** What a benchmark works with. */
export interface Workbench {
  /** Tells the person who waits what is being done. */
  say(text: string): void
  /** A practice controller and an image for its agents; the same for all benchmarks of a run. */
  stage(): Promise<PracticeStage>
  /** To be done when the benchmark ends, however it ends; the latest first. */
  defer(work: () => Promise<unknown>): void
}

export function isMissed({ value, target }: Figure): boolean {
  if (!target) return false
  return 'atMost' in target ? value > target.atMost : value < target.atLeast
}

/** How many times the baseline the figure is. */
export function ratioOf({ value, baseline }: Figure): number | undefined {
  return baseline && baseline.value !== 0 ? value / baseline.value : undefined
}
