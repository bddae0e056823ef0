import type { Viewer } from './exported/viewer.ts'
import { viewQueue } from './why.ts'
import type { Call, World } from './world.ts'

/** The eyes of whoever sent a call, at this moment. */
export function viewerOf(call: Call, world: World): Viewer {
  const { state, clock, rootUrl } = world
  const now = clock.now()
  return { state, caller: call.caller, rootUrl, now, queue: viewQueue(state, now) }
}
