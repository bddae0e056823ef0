import type { Phase, Slot } from '../slots/slots.ts'

/** The daemon is on its way out. */
export interface Farewell {
  /** Builds may run until then, ms. */
  byMs: number
  /** Since when no container of ours is left, ms; undefined while there is one. */
  emptySinceMs: number | undefined
}

/** What there is to see of us at the end. */
export interface Remains {
  /** Containers of ours; undefined when the engine does not tell. */
  containers: number | undefined
  /** Slots as the controller and the engine show them; undefined when the controller does not tell. */
  slots: readonly Slot[] | undefined
}

/** How long an emptied machine goes on trying to take its nodes off the controller. */
const patienceMs = 20_000
/** After its deadline it leaves even with containers that cannot be removed. */
const graceMs = 30_000

/** The farewell after another look at what is left. */
export function lookBack(farewell: Farewell, { containers }: Remains, nowMs: number): Farewell {
  return { ...farewell, emptySinceMs: containers === 0 ? (farewell.emptySinceMs ?? nowMs) : undefined }
}

/** Whether the daemon may end: nothing is left, or what is left is worth no more waiting. The next start tidies up. */
export function isOver({ byMs, emptySinceMs }: Farewell, { slots }: Remains, nowMs: number): boolean {
  if (nowMs >= byMs + graceMs) return true
  if (emptySinceMs === undefined) return false
  if (nowMs - emptySinceMs >= patienceMs) return true
  const isClosed = nowMs >= byMs
  return slots === undefined ? isClosed : slots.every(({ phase }) => mayStay(phase, isClosed))
}

/** What is not ours to take away; and builds that wait for their node when their time is up. */
function mayStay(phase: Phase, isClosed: boolean): boolean {
  if (phase === 'absent' || phase === 'taken' || phase === 'held') return true
  return isClosed && (phase === 'awaited' || phase === 'haunted')
}
