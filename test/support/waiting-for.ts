import type { QueueItem } from '../../jenkins/jenkins.ts'

/** A build that waits for a label, in the words of Jenkins 2.498. */
export function waitingFor(label: string, over: Partial<QueueItem> = {}): QueueItem {
  return {
    id: 1,
    kind: 'BuildableItem',
    why: `There are no nodes with the label ‘${label}’`,
    stuck: true,
    buildable: true,
    blocked: false,
    pending: false,
    inQueueSinceMs: 0,
    buildableSinceMs: 0,
    task: {
      kind: 'FreeStyleProject',
      name: 'app',
      url: 'http://jenkins.test/job/app/',
      labelExpression: label,
    },
    ...over,
  }
}
