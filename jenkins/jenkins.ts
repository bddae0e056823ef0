import type { Secret } from '../core/secret.ts'
import type { Plugin } from './health/health.ts'

/**
 * A Jenkins controller as footman uses it. jenkins/connect.ts makes one over HTTP; nothing else in the
 * project knows URLs or headers. Every call has a deadline, takes a signal, and throws RemoteError with the
 * failure named (see core/errors.ts). Paths and fields: Jenkins' remote access API, held against recordings in test/fixtures.
 */
export interface Jenkins {
  /** Root URL with its context path and a trailing slash. */
  readonly url: string
  /** What the controller said of itself in the latest answer; undefined before the first. */
  readonly seen: { version: string; session: string } | undefined

  whoAmI(signal?: AbortSignal): Promise<Identity>
  root(signal?: AbortSignal): Promise<ControllerState>
  queue(signal?: AbortSignal): Promise<QueueItem[]>
  nodes(signal?: AbortSignal): Promise<NodeState[]>
  /** One node, or undefined when the controller has none of that name. */
  node(name: string, signal?: AbortSignal): Promise<NodeState | undefined>

  createNode(spec: NodeSpec, signal?: AbortSignal): Promise<void>
  /**
   * Reads config.xml, changes labels or description, posts it back; everything else, known to us or not, survives.
   * A temporary offline mark is kept, unless `clearOfflineMark` is set.
   */
  updateNode(name: string, change: NodeChange, signal?: AbortSignal): Promise<void>
  /** Gone already is fine. */
  deleteNode(name: string, signal?: AbortSignal): Promise<void>
  /** Takes no further builds; those running go on. Idempotent. */
  markOffline(name: string, reason: string, signal?: AbortSignal): Promise<void>
  /** Takes builds again; a no-op when the mark is not set. */
  clearOffline(name: string, signal?: AbortSignal): Promise<void>
  /** Closes the channel, so that another agent may take the name. A no-op without a channel. */
  disconnect(name: string, reason: string, signal?: AbortSignal): Promise<void>
  nodeLog(name: string, signal?: AbortSignal): Promise<string>
  /** Has the controller start the agent of a node that it launches itself, now. */
  launch(name: string, signal?: AbortSignal): Promise<void>

  /** Ids in the controller's own store. */
  credentialIds(signal?: AbortSignal): Promise<string[]>
  /** Keeps a key in the controller's own store, in place of one of the same id. */
  putSshKey(key: SshKeyCredential, signal?: AbortSignal): Promise<void>
  /** Gone already is fine. */
  deleteCredential(id: string, signal?: AbortSignal): Promise<void>

  hasSwarmPlugin(signal?: AbortSignal): Promise<boolean>
  /**
   * Registers a node by the Swarm plugin; returns its secret. Throws RemoteError `conflict` when the name is taken, `not-found` without
   * the plugin, `rejected` when it is too old.
   */
  createSwarmNode(spec: SwarmNodeSpec, signal?: AbortSignal): Promise<Secret>
  /** As the Swarm plugin tells them, its own among them. */
  swarmLabels(name: string, signal?: AbortSignal): Promise<string[]>

  inboundSecret(name: string, signal?: AbortSignal): Promise<Secret>
  /** The controller's agent.jar. `etag` is what changed it last (Last-Modified), for caching. */
  agentJar(signal?: AbortSignal): Promise<Buffer>
  /** The TCP agent port as advertised, or undefined when it is switched off. */
  agentListener(signal?: AbortSignal): Promise<AgentListener | undefined>
  /** Asks what a WebSocket agent would be told, without disturbing one that is connected. */
  probeWebSocket(node: string, secret: Secret, signal?: AbortSignal): Promise<WebSocketProbe>
  /** Whether the account may create nodes, found out without creating one. */
  canCreateNodes(signal?: AbortSignal): Promise<PermissionCheck>

  createJob(name: string, xml: string, signal?: AbortSignal): Promise<void>
  deleteJob(name: string, signal?: AbortSignal): Promise<void>
  /** Queues a build without quiet period; returns the queue item's id. */
  build(job: string, signal?: AbortSignal): Promise<number>
  /** The build that a queue item became, or undefined while it waits. */
  queueItem(
    id: number,
    signal?: AbortSignal,
  ): Promise<{ cancelled: boolean; build: number | undefined; why: string | undefined }>
  cancelQueueItem(id: number, signal?: AbortSignal): Promise<void>
  buildState(job: string, number: number, signal?: AbortSignal): Promise<BuildState>
  buildLog(job: string, number: number, signal?: AbortSignal): Promise<string>
  stopBuild(job: string, number: number, signal?: AbortSignal): Promise<void>
  /** Restarts when no build runs any more. Needs Overall/Administer. */
  safeRestart(signal?: AbortSignal): Promise<void>
  /** Restarts at once; resumable Pipelines go on afterwards. Needs Overall/Administer. */
  restart(signal?: AbortSignal): Promise<void>
  quietDown(reason: string, signal?: AbortSignal): Promise<void>
  cancelQuietDown(signal?: AbortSignal): Promise<void>

  /** All that are installed, whether they work or not. Needs Overall/SystemRead. */
  plugins(signal?: AbortSignal): Promise<Plugin[]>
  /** Jobs that the account may see, also those in folders; without what Multibranch projects and organizations made by themselves. */
  jobCount(signal?: AbortSignal): Promise<number>
  /** What is being built at the moment, on all nodes. */
  runningBuilds(signal?: AbortSignal): Promise<RunningBuild[]>
}

export interface Identity {
  name: string
  anonymous: boolean
  authorities: string[]
}

export interface ControllerState {
  version: string
  /** Changes at every boot of the controller. */
  session: string
  quietingDown: boolean
  /** As given with it; undefined without one, and before Jenkins 2.267. */
  quietDownReason?: string
  /** -1 off, 0 random, otherwise the fixed TCP port for agents. */
  agentPort: number
  usesCrumbs: boolean
  /** The URL that the controller believes it has; may be missing or differ from ours. */
  rootUrl: string | undefined
  builtInExecutors: number
  /** Controller's clock minus ours in ms, from the Date header. */
  clockSkewMs: number | undefined
}

export interface QueueItem {
  id: number
  /** Last part of `_class`: WaitingItem, BlockedItem, BuildableItem, LeftItem. */
  kind: string
  /** The sentence in which Jenkins explains the wait. */
  why: string | undefined
  stuck: boolean
  buildable: boolean
  blocked: boolean
  /** An executor is assigned, the build has not begun. */
  pending: boolean
  inQueueSinceMs: number
  buildableSinceMs: number | undefined
  task: { kind: string; name: string; url: string; labelExpression: string | undefined }
}

export interface NodeState {
  name: string
  description: string
  /** Labels, without the node's own name. */
  labels: string[]
  /** True when marked offline or without a channel. */
  offline: boolean
  temporarilyOffline: boolean
  /** Text of the offline mark, or of the lost connection. */
  offlineReason: string
  /**
   * Jenkins' class of that: `hudson.slaves.OfflineCause$UserCause` for a person's mark, `hudson.node_monitors.…` where a
   * monitor took the node offline.
   */
  offlineCauseKind?: string
  /** A channel is up (absoluteRemotePath is known). */
  connected: boolean
  idle: boolean
  executors: number
  /** URLs of the builds on its executors; empty also when we may not read the jobs. */
  builds: string[]
  inbound: boolean
}

export interface NodeSpec {
  name: string
  description: string
  labels: string[]
  remoteFs: string
  executors: number
  /** exclusive: only builds whose label asks for this node. */
  mode: 'normal' | 'exclusive'
  webSocket: boolean
  env?: Record<string, string>
}

export interface SwarmNodeSpec extends Omit<NodeSpec, 'webSocket' | 'env'> {
  /** Takes the place of a node of that name, whatever kind it is of. */
  replaces: boolean
}

/** How the controller logs in somewhere. */
export interface SshKeyCredential {
  id: string
  description: string
  user: string
  privateKey: Secret
}

export interface NodeChange {
  labels?: string[]
  description?: string
  mode?: 'normal' | 'exclusive'
  launcher?: NodeLauncher
  clearOfflineMark?: boolean
}

/** How the agent of a node comes into being. */
export type NodeLauncher =
  /** It dials in. */
  | { kind: 'inbound'; webSocket: boolean }
  /** The controller logs in and starts it (plugin ssh-slaves). */
  | ({ kind: 'ssh' } & SshLauncher)

export interface SshLauncher {
  /** As the controller dials it. */
  host: string
  port: number
  /** Of the system store. */
  credentialsId: string
  /** The only one that the host may show: `ssh-ed25519 AAAA…`. */
  hostKey: string
  java: string
  jvmOptions: string
}

export interface AgentListener {
  host: string
  port: number
  protocols: string[]
  minimumRemoting: string | undefined
  /** Present unless the instance-identity plugin is missing, without which agents refuse to connect. */
  hasIdentity: boolean
}

/** What a WebSocket agent with this name and secret would be told. `occupied`: already connected, or not an inbound node. */
export type WebSocketProbe =
  | 'accepted'
  | 'unknown-node'
  | 'wrong-secret'
  | 'occupied'
  | 'not-supported'
  | 'unclear'

export interface PermissionCheck {
  allowed: boolean
  /** As the controller names it, e.g. hudson.model.Computer.Create. */
  permission: string | undefined
}

export interface RunningBuild {
  /** Undefined where we may not read the job, and in the moment before a build begins. */
  url: string | undefined
  /**
   * A Pipeline, also one of its node blocks: it pauses in quiet mode and goes on after a restart, so that waiting
   * for its end may take for ever. Everything else ends with the controller.
   */
  resumable: boolean
}

export interface BuildState {
  number: number
  building: boolean
  result: string | undefined
  durationMs: number
  /** Node of a freestyle build; Pipelines have none. */
  builtOn: string | undefined
}
