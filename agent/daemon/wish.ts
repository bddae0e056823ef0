import { join } from 'node:path'
import { z } from 'zod'
import { readIfExists, writeFileAtomic } from '../../core/atomic-write.ts'

/** What the owner asked for last; kept on disk, so that a pause outlives the daemon. */
export type Wish = z.output<typeof wishSchema>

const wishSchema = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('run') }),
  /** Take no more builds; without an end it lasts until somebody resumes. */
  z.object({ mode: z.literal('paused'), sinceMs: z.number(), untilMs: z.number().optional() }),
  z.object({ mode: z.literal('draining'), sinceMs: z.number() }),
])

/** The kept wish; `run` when there is none, it is unreadable, or its pause is over. */
export async function readWish(stateDir: string, nowMs: number): Promise<Wish> {
  const text = await readIfExists(join(stateDir, 'wish.json'))
  const parsed = wishSchema.safeParse(safeJson(text))
  const wish: Wish = parsed.success ? parsed.data : { mode: 'run' }
  return currentWish(wish, nowMs)
}

export async function keepWish(stateDir: string, wish: Wish): Promise<void> {
  await writeFileAtomic(join(stateDir, 'wish.json'), `${JSON.stringify(wish)}\n`, { mode: 0o600 })
}

/** The wish as it stands now: a pause whose end has come is no pause. */
export function currentWish(wish: Wish, nowMs: number): Wish {
  const isOver = wish.mode === 'paused' && wish.untilMs !== undefined && wish.untilMs <= nowMs
  return isOver ? { mode: 'run' } : wish
}

function safeJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
