import { setTimeout as delay } from 'node:timers/promises'

export interface UntilOptions {
  /** Default 20,000. */
  withinMs?: number
  /** Default 100. */
  everyMs?: number
}

/** Asks until the answer is not undefined or false, and returns it; fails with `what` and the last answer when time is up. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 20_000, everyMs = 100 }: UntilOptions = {},
): Promise<T> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > giveUpAt) throw new Error(`waited ${withinMs} ms in vain: ${what}`)
    await delay(everyMs)
  }
}
