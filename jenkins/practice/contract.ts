import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { AgentLink } from './link.ts'

/**
 * Where the halves of the practice controller meet. State, queue and HTTP (controller.ts, state.ts, scheduler.ts, http.ts)
 * stand on one side; the agents' connections (acceptors/) and the builds (runner.ts) on the other.
 */

// ---- Agents come in -------------------------------------------------------------------------------------------------

/** What an acceptor needs to let agents in. One door lives as long as one boot of the controller. */
export interface AgentDoor {
  readonly version: string
  /** X-Jenkins-Session of this boot. */
  readonly session: string
  readonly log: Log
  /** Undefined: no such node. `inbound` is false for nodes that the controller itself would launch, by SSH. */
  findNode(name: string): { inbound: boolean } | undefined
  /** 64 hex digits, derived from the name alone: the same for ever, also after delete and create. */
  secretOf(name: string): string
  isConnected(name: string): boolean
  /**
   * Aborts when the controller begins to go down. From then on nobody minds what agents say: they have to keep it, and
   * say it to the next boot.
   */
  readonly suspended: AbortSignal
  /** Judges a WebSocket agent by its headers, in the words that Jenkins 2.498 was recorded to use. */
  greet(request: IncomingMessage): AgentGreeting
  /**
   * The agent has said who it is and is ready for tasks. Closes the link itself when the node has gone meanwhile.
   * `address` is the peer's IP, for the node's log.
   */
  attach(link: AgentLink, address: string): void
}

export type AgentGreeting =
  | { accepted: true; node: string; headers: Record<string, string> }
  | { accepted: false; status: number; headers: Record<string, string>; body: string }

/** What an acceptor returns. `close` ends all its connections. */
export interface Acceptor {
  close(): Promise<void>
}
// acceptors/websocket.ts: acceptWebSocketAgents(server: http.Server, door: AgentDoor): Acceptor   (upgrades of <contextPath>/wsagents/)
// agent-jar.ts:           agentJar(): Promise<Buffer>   (what /jnlpJars/agent.jar serves; bundled from agent/*.cjs)
// acceptors/tcp.ts:       acceptTcpAgents(door: AgentDoor, address: { host: string; port: number }): Promise<Acceptor & { port: number }>

// ---- Builds run -----------------------------------------------------------------------------------------------------

/** runner.ts: createRunner(host: RunnerHost): Runner. One runner lives as long as one boot of the controller. */
export interface Runner {
  /** Begins a build. Freestyle: it has the lease of one executor. Pipeline: it has none and asks for them by `requestNode`. */
  start(build: Build, lease: Lease | undefined): void
  /** Carries a Pipeline on from `build.progress` after a restart of the controller. */
  resume(build: Build): void
  /** Somebody pressed stop: interrupts tasks, cancels node requests, ends as ABORTED. */
  stop(build: Build, user: string): void
  /** The controller goes down: drops timers and listeners and touches nothing else. Agents' tasks go on by themselves. */
  suspend(): void
}

export interface RunnerHost {
  readonly clock: Clock
  readonly log: Log
  /** With trailing slash, for JENKINS_URL and BUILD_URL. */
  readonly rootUrl: string
  link(node: string): AgentLink | undefined
  nodeExists(node: string): boolean
  /** A link came or went (undefined). Called after `link()` has the new value. Returns how to stop listening. */
  onLink(listener: (node: string, link: AgentLink | undefined, reason: string) => void): () => void
  /** A node was deleted (or renamed away), or one of that name was made (again). */
  onNode(listener: (node: string, exists: boolean) => void): () => void
  /** Puts a Pipeline's node step into the queue, as the PlaceholderTask 'part of JOB #N'. */
  requestNode(request: NodeRequest): NodeTicket
  print(build: Build, text: string): void
  finish(build: Build, result: BuildResult): void
  /** To be called after changes of `build.progress`, so that the state file follows. */
  save(): void
}

export interface NodeRequest {
  build: Build
  /** As typed in the Pipeline, '' for any node. When the step resumes after a restart: the name of its node. */
  label: string
  onGranted(lease: Lease): void
  /** Somebody cancelled the queue item. */
  onCancelled(): void
}

export interface NodeTicket {
  readonly queueId: number
  /** The sentence in which the queue explains the wait; undefined once it has left. */
  why(): string | undefined
  /** Takes the item out of the queue without calling `onCancelled`. */
  cancel(): void
}

/** One executor of a node, held by a build. It stays held while the node is offline or even deleted, until released. */
export interface Lease {
  readonly node: string
  readonly executor: number
  release(): void
}

export type BuildResult = 'SUCCESS' | 'UNSTABLE' | 'FAILURE' | 'ABORTED'

/** Plain data; everything here survives a restart. */
export interface Build {
  readonly job: string
  readonly number: number
  readonly queueId: number
  readonly user: string
  /** The job's definition as it was when the build began. */
  readonly definition: JobDefinition
  readonly startedAtMs: number
  /** Node of a freestyle build, '' for the built-in one; Pipelines have none. */
  builtOn: string | undefined
  building: boolean
  result: BuildResult | undefined
  durationMs: number
  console: string
  /** What the runner needs to go on after a restart. Plain JSON, the runner's own business. */
  progress: unknown
}

export type JobDefinition =
  | { kind: 'freestyle'; label: string; scripts: string[] }
  | { kind: 'pipeline'; script: string; steps: PipelineStep[]; problem: string | undefined }

/** What pipeline.ts makes of a Pipeline script. `problem` above is set when it could not: the build fails with that text. */
export type PipelineStep =
  | { kind: 'node'; label: string; body: PipelineStep[] }
  | { kind: 'stage'; name: string; body: PipelineStep[] }
  | { kind: 'parallel'; branches: { name: string; body: PipelineStep[] }[] }
  | { kind: 'sh'; script: string }
  | { kind: 'echo'; message: string }
  | { kind: 'sleep'; seconds: number }
  | { kind: 'error'; message: string }
