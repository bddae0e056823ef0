import { join } from 'node:path'
import { z } from 'zod'
import { readIfExists, writeFileAtomic } from '../../core/atomic-write.ts'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'

/** What the owner asked for last; kept on disk, so that a pause outlives the daemon. */
export type Wish = z.output<typeof wishSchema>

const wishSchema = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('run') }),
  /** Take no more builds; without an end it lasts until somebody resumes. */
  z.object({ mode: z.literal('paused'), sinceMs: z.number(), untilMs: z.number().optional() }),
  z.object({ mode: z.literal('draining'), sinceMs: z.number() }),
])

export interface WishKeeper {
  /** As it stands now: a pause whose end has come is no pause. */
  current(): Wish
  /** Heeded even when it cannot be kept; then the log says so. */
  change(wish: Wish): Promise<void>
}

/** The owner's wish as the last daemon left it; `run` when there is none, or it cannot be read. */
export async function openWish(
  stateDir: string,
  { clock, log }: { clock: Clock; log: Log },
): Promise<WishKeeper> {
  const path = join(stateDir, 'wish.json')
  const kept = wishSchema.safeParse(safeJson(await readIfExists(path)))
  let wish: Wish = kept.success ? kept.data : { mode: 'run' }
  return {
    current: () => {
      const isOver = wish.mode === 'paused' && wish.untilMs !== undefined && wish.untilMs <= clock.now()
      return isOver ? { mode: 'run' } : wish
    },
    change: async (next) => {
      wish = next
      try {
        await writeFileAtomic(path, `${JSON.stringify(next)}\n`, { mode: 0o600 })
      } catch (error) {
        log.warn(`this will be forgotten when the agent ends: ${messageOf(error)}`)
      }
    },
  }
}

function safeJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
