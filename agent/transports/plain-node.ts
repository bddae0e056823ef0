import type { SlotContext, SlotNode } from './transport.ts'

export interface PlainNode extends SlotNode {
  labels: string[]
  /** What the launcher advises agents to do. */
  webSocket: boolean
}

/**
 * A permanent node for agents that dial in, or that waits for none: it carries exactly these labels, what this machine offers
 * today, which other laptops read from the description, and no mark of ours.
 */
export async function putPlainNode(node: PlainNode, { jenkins, plan, signal }: SlotContext): Promise<void> {
  const { slot, exists, labels, webSocket } = node
  const description = plan.describe(slot)
  if (exists) {
    const launcher = { kind: 'inbound', webSocket } as const
    await jenkins.updateNode(slot, { labels, description, launcher, clearOfflineMark: true }, signal)
    return
  }
  await jenkins.createNode(
    {
      name: slot,
      description,
      labels,
      remoteFs: plan.config.templates[0]?.workDir ?? '/home/jenkins/agent',
      executors: 1,
      mode: 'exclusive',
      webSocket,
    },
    signal,
  )
}
