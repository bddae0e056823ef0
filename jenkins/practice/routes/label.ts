import { exportLabel } from '../exported/label.ts'
import { exportOverallLoad } from '../exported/load.ts'
import { readLabel } from '../label.ts'
import { api, forbidden } from '../replies.ts'
import { viewerOf } from '../viewing.ts'
import type { Route } from '../world.ts'

/** `/label/EXPR/api/json`: any text is a label. */
export const label: Route = (call, world, rest) => {
  const unreadable = forbidden(call, world, 'hudson.model.Hudson.Read')
  if (unreadable) return unreadable
  const wanted = readLabel(rest[0] ?? '')
  return wanted && api(call, world, exportLabel(wanted, viewerOf(call, world)))
}

export const overallLoad: Route = (call, world) =>
  forbidden(call, world, 'hudson.model.Hudson.Read') ??
  api(call, world, exportOverallLoad(viewerOf(call, world), 'hudson.model.OverallLoadStatistics'))
