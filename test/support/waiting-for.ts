import { parseLabelLeniently } from '../../agent/labels/lenient.ts'
import { satisfiedBy } from '../../agent/match/match.ts'
import type { NodeState, QueueItem } from '../../jenkins/jenkins.ts'

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

/** The sentence in which Jenkins 2.498 explains the wait for a label, given the nodes that it has. */
export function whyWaiting(label: string, nodes: readonly NodeState[]): string {
  const expression = parseLabelLeniently(label)
  const able = nodes.filter(({ name, labels }) => satisfiedBy(expression, name, labels))
  const [only, ...others] = able
  if (!only) return `There are no nodes with the label ‘${label}’`
  const isOnline = able.some(({ offline }) => !offline)
  if (others.length > 0) {
    return isOnline
      ? `Waiting for next available executor on ‘${label}’`
      : `All nodes of label ‘${label}’ are offline`
  }
  return isOnline ? `Waiting for next available executor on ‘${only.name}’` : `‘${only.name}’ is offline`
}
