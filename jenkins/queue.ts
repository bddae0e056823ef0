import type { JenkinsHttp } from './http.ts'
import type { Jenkins, QueueItem } from './jenkins.ts'
import { queueAnswer, queueItemAnswer, queueItemTree, queueTree } from './schema.ts'

/** The build queue. */
export function queueCalls(http: JenkinsHttp): Pick<Jenkins, 'queue' | 'queueItem' | 'cancelQueueItem'> {
  return {
    queue: (signal) => readQueue(http, signal),
    queueItem: (id, signal) => readItem(http, id, signal),
    cancelQueueItem: (id, signal) => cancelItem(http, id, signal),
  }
}

/** Only items of jobs that the account may read are in it. The fields come by `tree`: without it a Pipeline's task has no name. */
async function readQueue(http: JenkinsHttp, signal?: AbortSignal): Promise<QueueItem[]> {
  const { items } = await http.json(queueAnswer, {
    doing: 'read the queue',
    path: 'queue/api/json',
    query: { tree: queueTree },
    signal,
  })
  return items.map((item) => ({
    id: item.id,
    kind: lastPart(item._class),
    why: item.why,
    stuck: item.stuck,
    buildable: item.buildable,
    blocked: item.blocked,
    pending: item.pending,
    inQueueSinceMs: item.inQueueSince,
    buildableSinceMs: item.buildableStartMilliseconds,
    task: {
      kind: lastPart(item.task._class),
      name: item.task.name,
      url: item.task.url,
      labelExpression: item.task.labelExpression,
    },
  }))
}

async function readItem(http: JenkinsHttp, id: number, signal?: AbortSignal) {
  const item = await http.json(queueItemAnswer, {
    doing: `read queue item ${id}`,
    path: `queue/item/${id}/api/json`,
    query: { tree: queueItemTree },
    signal,
  })
  return { cancelled: item.cancelled, build: item.executable?.number, why: item.why }
}

/**
 * An item that has left the queue already is fine; Jenkins answers 500 to that (recorded from Jenkins 2.498), so the item itself
 * is asked. Throws RemoteError `not-found` for an item that Jenkins does not know (any more).
 */
async function cancelItem(http: JenkinsHttp, id: number, signal?: AbortSignal): Promise<void> {
  const ask = {
    doing: `cancel queue item ${id}`,
    method: 'POST',
    path: 'queue/cancelItem',
    query: { id: String(id) },
    expect: [204, 500],
    signal,
  } as const
  const answer = await http.ask(ask)
  if (answer.status === 204) return
  const item = await http.json(queueItemAnswer, {
    doing: ask.doing,
    path: `queue/item/${id}/api/json`,
    query: { tree: queueItemTree },
    signal,
  })
  if (!item._class.endsWith('LeftItem')) throw http.refusal(ask, answer)
}

/** `BuildableItem` of `hudson.model.Queue$BuildableItem`. */
function lastPart(className: string): string {
  return className.slice(Math.max(className.lastIndexOf('.'), className.lastIndexOf('$')) + 1)
}
