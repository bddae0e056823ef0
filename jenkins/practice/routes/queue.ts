import { exportQueue, exportQueueItem } from '../exported/queue.ts'
import { accessDenied, api, empty, forbidden, oops, page, postRequired } from '../replies.ts'
import type { QueueItem } from '../state.ts'
import { viewerOf } from '../viewing.ts'
import type { Call, Reply, Route, World } from '../world.ts'

/** `/queue/…`. jenkinsci/jenkins Queue.java. */
export const queue: Route = (call, world, rest) => {
  const [first = '', id = '', verb = ''] = rest
  const unreadable = forbidden(call, world, 'hudson.model.Hudson.Read')
  if (unreadable) return unreadable
  if (first === '') return page(call, world, { status: 200, title: 'Build Queue - Jenkins' })
  if (first === 'api') return api(call, world, exportQueue(viewerOf(call, world)))
  if (first === 'cancelItem') return cancel(call, world, call.form.get('id') ?? '')
  if (first !== 'item') return undefined
  const item = world.state.queue.get(Number(id))
  if (!item) return undefined
  if (!call.caller.may('hudson.model.Item.Read')) return unseen(call, world, item)
  if (verb === 'api') return api(call, world, exportQueueItem(item, viewerOf(call, world)))
  if (verb !== 'cancelQueue') return undefined
  if (call.method !== 'POST') return postRequired(call, world)
  if (call.caller.may('hudson.model.Item.Cancel')) world.scheduler.cancel(item)
  return empty(204)
}

/** POST cancelItem?id=: 204; an item that has left is 500, one that may not be cancelled 422, as recorded. */
function cancel(call: Call, world: World, id: string): Reply {
  if (call.method !== 'POST') return postRequired(call, world)
  const item = world.state.queue.get(Number(id))
  if (!item || !call.caller.may('hudson.model.Item.Read')) return oops(call, world, 404)
  if (!call.caller.may('hudson.model.Item.Cancel')) return oops(call, world, 422)
  if (item.stage === 'left') return oops(call, world)
  world.scheduler.cancel(item)
  return empty(204)
}

/** Job/Discover is told that there is something; others are not. */
function unseen(call: Call, world: World, item: QueueItem): Reply | undefined {
  if (!call.caller.may('hudson.model.Item.Discover')) return undefined
  const job = item.task.kind === 'job' ? item.task.job.name : item.task.build.job
  return accessDenied(call, world, `Please log in to access job/${job}/`)
}
