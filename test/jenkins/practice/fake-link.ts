import type { PracticeController } from '../../../jenkins/practice/controller.ts'
import type { AgentLink, TaskListener } from '../../../jenkins/practice/link.ts'
import { attachLink } from '../../../jenkins/practice/nodes.ts'

/** An agent that holds its connection and every task until the test ends them. */
export interface FakeLink extends AgentLink {
  /** The connection is gone, as when the agent's process is killed. */
  lose(): void
  /** How many tasks run. */
  running(): number
  /** Ends all tasks that run. */
  finish(exitCode: number): void
}

/** Connects a fake agent to a node of the controller. */
export function connectAgent(
  controller: PracticeController,
  node: string,
  transport: 'websocket' | 'tcp' = 'websocket',
): FakeLink {
  const tasks = new Map<string, TaskListener>()
  const closing = new Set<(reason: string) => void>()
  const end = (reason: string) => {
    for (const listener of closing) listener(reason)
    closing.clear()
  }
  const link: FakeLink = {
    node,
    transport,
    remoteFs: '/home/jenkins/agent',
    tasks: [],
    run: (task, listener) => tasks.set(task.id, listener),
    interrupt: (id) => tasks.get(id)?.onEnd(143),
    close: end,
    onClosed: (listener) => closing.add(listener),
    lose: () => end('Connection terminated'),
    running: () => tasks.size,
    finish: (exitCode) => {
      const running = [...tasks.values()]
      tasks.clear()
      for (const listener of running) listener.onEnd(exitCode)
    },
  }
  attachLink(controller.state, link, { address: '127.0.0.1', now: Date.now })
  return link
}
