/**
 * One agent's live connection, as the practice controller's build runner sees it. The WebSocket and the TCP
 * acceptor both hand out links; the runner does not know which it holds.
 *
 * A task is a shell script in a folder below the agent's root. It belongs to the agent's process, not to the connection:
 * when the connection is lost and the same agent process returns, the new link reports the task's output and end from
 * where they were left, as Jenkins' durable tasks do.
 */
export interface AgentLink {
  readonly node: string
  readonly transport: 'websocket' | 'tcp' | 'ssh'
  /** The agent's root directory as it announced it. */
  readonly remoteFs: string
  /** Tasks that this agent process still knows, finished or not. */
  readonly tasks: readonly string[]
  /** Starts a task; output and end arrive at the listener. Starting a known id again only attaches to it. */
  run(task: AgentTask, listener: TaskListener): void
  /** Ends a task's processes. */
  interrupt(taskId: string): void
  close(reason: string): void
  /** Called once, when the connection is gone for whatever reason. */
  onClosed(listener: (reason: string) => void): void
}

export interface AgentTask {
  /** Unique for the controller's life, e.g. `pipe#3/2`. */
  id: string
  script: string
  /** Relative to the agent's root, e.g. `workspace/pipe`. */
  directory: string
  env: Record<string, string>
  /** Bytes of output that the controller already has. */
  seenBytes: number
  /** Default true. A task that is not durable ends with the connection, as a freestyle build's shell does. */
  durable?: boolean
}

export interface TaskListener {
  /** `seenBytes`: bytes of output so far, this text included; what a later `run` gives back to go on from here. */
  onOutput(text: string, seenBytes: number): void
  /** Exit code; undefined when the agent does not know the task (any more). */
  onEnd(exitCode: number | undefined): void
}
