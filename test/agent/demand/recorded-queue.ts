import { readdirSync, readFileSync } from 'node:fs'
import type { QueueItem } from '../../../jenkins/jenkins.ts'

const recordings = new URL('../../fixtures/jenkins-2.498/', import.meta.url)

export interface RecordedItem {
  /** Name of the recording, without its ending. */
  scenario: string
  language: string
  item: QueueItem
}

/** Every queue item in the recordings of a real Jenkins 2.498 whose answer holds the task as well. */
export function recordedItems(): RecordedItem[] {
  return readdirSync(recordings)
    .filter((file) => file.startsWith('queue-'))
    .flatMap((file) => {
      const recording = JSON.parse(readFileSync(new URL(file, recordings), 'utf8'))
      return recording.exchanges.flatMap((exchange: Exchange) =>
        (exchange.response.body?.items ?? [])
          .filter(({ task }) => task)
          .map((raw) => ({
            scenario: file.replace('.json', ''),
            language: exchange.request.headers['Accept-Language'] ?? 'en',
            item: itemOf(raw),
          })),
      )
    })
}

interface Exchange {
  request: { headers: Record<string, string> }
  response: { body: { items?: RawItem[] } | null }
}

interface RawItem {
  _class: string
  id: number
  why: string | null
  stuck: boolean
  buildable: boolean
  blocked: boolean
  pending?: boolean
  inQueueSince: number
  buildableStartMilliseconds?: number
  task: { _class: string; name?: string; url?: string; labelExpression?: string | null }
}

function itemOf(raw: RawItem): QueueItem {
  return {
    id: raw.id,
    kind: lastPart(raw._class),
    why: raw.why ?? undefined,
    stuck: raw.stuck,
    buildable: raw.buildable,
    blocked: raw.blocked,
    pending: raw.pending ?? false,
    inQueueSinceMs: raw.inQueueSince,
    buildableSinceMs: raw.buildableStartMilliseconds,
    task: {
      kind: lastPart(raw.task._class),
      name: raw.task.name ?? '',
      url: raw.task.url ?? '',
      labelExpression: raw.task.labelExpression ?? undefined,
    },
  }
}

function lastPart(className: string): string {
  return className.split(/[.$]/).at(-1) ?? ''
}
