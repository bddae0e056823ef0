/** The value in the middle; of an even number the mean of the two. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const half = sorted.length / 2
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(half) - 1, Math.floor(half) + 1)
  return (low + high) / 2
}

/** The time that the work takes, in ms. */
export function timed(work: () => unknown): number {
  const startedAt = performance.now()
  work()
  return performance.now() - startedAt
}

export interface RateOptions {
  rounds: number
  roundMs: number
}

/**
 * How often each piece of work can be done in a second: the median of rounds in which they take turns, so that whatever
 * else the machine does meets all of them. A first round warms up and does not count.
 */
export function rates<Name extends string>(
  works: Record<Name, () => unknown>,
  { rounds, roundMs }: RateOptions,
): Record<Name, number> {
  const names = Object.keys(works) as Name[]
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const rate = rateOf(works[name], roundMs)
      if (round > 0) samples.get(name)?.push(rate)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name) ?? [])])) as Record<
    Name,
    number
  >
}

function rateOf(work: () => unknown, forMs: number): number {
  const startedAt = performance.now()
  let times = 0
  let tookMs = 0
  do {
    work()
    times++
    tookMs = performance.now() - startedAt
  } while (tookMs < forMs)
  return (times / tookMs) * 1000
}
