import type { IncomingMessage } from 'node:http'

/** What was asked of the controller, for benchmarks and tests. */
export interface RequestLog {
  /** Requests since the start, or since `clear`. */
  readonly total: number
  /** The latest 1,000, oldest first. */
  readonly latest: readonly { method: string; path: string; atMs: number }[]
  add(request: IncomingMessage): void
  clear(): void
}

const remembered = 1000

export function createRequestLog(now: () => number = Date.now): RequestLog {
  let total = 0
  let latest: { method: string; path: string; atMs: number }[] = []
  return {
    get total() {
      return total
    },
    get latest() {
      return latest.slice(-remembered)
    },
    add: ({ method = 'GET', url = '/' }) => {
      total++
      latest.push({ method, path: url, atMs: now() })
      if (latest.length > 2 * remembered) latest = latest.slice(-remembered)
    },
    clear: () => {
      total = 0
      latest = []
    },
  }
}
