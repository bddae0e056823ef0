import type { Readable } from 'node:stream'
import { z } from 'zod'
import { formatSize } from '../units.ts'

/** One line of the stream in which the engine tells how a pull or an import goes on. */
const event = z.object({
  status: z.string().optional(),
  id: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).nullish(),
  error: z.string().optional(),
})

/** Part of the whole that has to arrive before it is worth another line. */
const step = 0.05

/**
 * Reads the engine's progress stream line by line. `read` returns a line for people, or undefined when there is
 * nothing new to tell; it throws the engine's own words when the stream reports a failure.
 */
export function progressReader(): { read(line: string): string | undefined; lastStatus(): string } {
  const layers = new Map<string, { current: number; total: number }>()
  let toldBytes = 0
  let lastStatus = ''

  function downloaded(): string | undefined {
    let current = 0
    let total = 0
    for (const layer of layers.values()) {
      current += layer.current
      total += layer.total
    }
    if (current - toldBytes < total * step) return undefined
    toldBytes = current
    return `${formatSize(current)} of ${formatSize(total)}`
  }

  return {
    lastStatus: () => lastStatus,
    read(line) {
      if (line.trim() === '') return undefined
      const { status, id, progressDetail, error } = event.parse(JSON.parse(line))
      if (error !== undefined) throw new Error(error)
      if (status === undefined) return undefined
      lastStatus = status
      const { current, total } = progressDetail ?? {}
      if (status === 'Downloading' && id && current !== undefined && total !== undefined && total > 0) {
        layers.set(id, { current, total })
        return downloaded()
      }
      return id && /^[0-9a-f]{12}$/.test(id) ? undefined : [id, status].filter(Boolean).join(': ')
    },
  }
}

/** The lines of a stream; the engine ends each event with one. */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  stream.setEncoding('utf8')
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  yield rest
}
