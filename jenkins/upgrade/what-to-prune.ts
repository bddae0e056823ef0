/** Something of the past that may be removed. */
export interface Keepsake {
  id: string
  atMs: number
  /** The last good one, or in use. */
  isSacred: boolean
}

/**
 * Which keepsakes go: all but the newest `keep`, and of those the ones older than `keepMs`; a sacred one never. Pure; in the order of
 * their age, oldest first.
 */
export function whatToPrune(
  keepsakes: readonly Keepsake[],
  { keep, keepMs, nowMs }: { keep: number; keepMs: number; nowMs: number },
): string[] {
  return keepsakes
    .toSorted((one, other) => other.atMs - one.atMs)
    .filter(({ atMs, isSacred }, index) => !isSacred && (index >= keep || nowMs - atMs > keepMs))
    .map(({ id }) => id)
    .reverse()
}
