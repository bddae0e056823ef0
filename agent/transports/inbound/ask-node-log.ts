import type { Jenkins } from '../../../jenkins/jenkins.ts'
import { causeInNodeLog } from './link.ts'

/** What the controller's own log of a node says against its agent; undefined when it says nothing, or may not be read. */
export async function askNodeLog(
  jenkins: Jenkins,
  node: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const log = await jenkins.nodeLog(node, signal).catch(() => '')
  return causeInNodeLog(log)
}
