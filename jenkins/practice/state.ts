import type { Build, JobDefinition, Lease } from './contract.ts'
import type { Credential } from './credentials.ts'
import type { AgentLink } from './link.ts'
import type { NodeConfig } from './node-xml.ts'

/** Everything that the practice controller knows. Plain data but for the live links and the queue's callbacks. */
export interface State {
  /** Hex; the agents' secrets are derived from it and their names. */
  secretKey: string
  builtIn: Computer
  /** By node name, without the built-in one. */
  computers: Map<string, Computer>
  jobs: Map<string, Job>
  /** The system store, by id. */
  credentials: Map<string, Credential>
  /** By id, in the order of arrival; those that left stay for some minutes. */
  queue: Map<number, QueueItem>
  nextQueueId: number
  quietDown: { reason: string | null } | undefined
  /** Tells everybody that something happened; call it after every change. */
  emit(event: PracticeEvent): void
  /** Returns how to stop listening. */
  on(listener: (event: PracticeEvent) => void): () => void
}

/** The living half of a node: Jenkins' Computer. */
export interface Computer {
  readonly name: string
  /** Undefined: the node was deleted while an executor was busy; the Computer goes when that ends. */
  config: NodeConfig | undefined
  link: AgentLink | undefined
  /** Why there is no link; undefined when there is one, or never was. */
  lost: OfflineCause | undefined
  /** What /computer/N/log shows; each connection starts a new text. */
  log: string
  /** False: online, but outside its schedule. The practice controller has no schedules; tests set this. */
  accepting: boolean
  executors: (Occupant | undefined)[]
}

export interface Occupant {
  build: Build
  /** A Pipeline's node block, as opposed to a freestyle build. */
  isStep: boolean
  sinceMs: number
}

export interface OfflineCause {
  kind: 'ChannelTermination' | 'UserCause' | 'SimpleOfflineCause'
  atMs: number
  /** Undefined where Jenkins exports none. */
  description: string | undefined
  reason: string
}

export interface Job {
  name: string
  xml: string
  definition: JobDefinition
  concurrent: boolean
  nextBuild: number
  builds: Build[]
}

export interface QueueItem {
  readonly id: number
  readonly task: QueueTask
  readonly inQueueSinceMs: number
  stage: 'waiting' | 'blocked' | 'buildable' | 'left'
  quietUntilMs: number
  /** When it left the quiet period. */
  buildableSinceMs: number
  /** Without a build it was cancelled. */
  left: { atMs: number; build: Build | undefined } | undefined
}

export type QueueTask =
  | { kind: 'job'; job: Job; user: string }
  | {
      kind: 'step'
      build: Build
      label: string
      granted: (lease: Lease) => void
      cancelled: () => void
    }

export type PracticeEvent =
  | { kind: 'node'; node: string; change: 'created' | 'changed' | 'deleted' }
  | { kind: 'agent'; node: string; connected: boolean; reason: string }
  | { kind: 'queue'; id: number; change: 'entered' | 'left' }
  | { kind: 'executor'; node: string }
  | { kind: 'job'; job: string }
  | { kind: 'credential'; id: string }
  | { kind: 'build'; job: string; number: number; change: 'started' | 'finished' | 'progress' }
  | { kind: 'quiet-down'; on: boolean }
  | { kind: 'phase'; phase: 'up' | 'restarting' | 'down' | 'starting' }

export function createState(options: { secretKey: string; builtInExecutors: number }): State {
  const listeners = new Set<(event: PracticeEvent) => void>()
  return {
    secretKey: options.secretKey,
    builtIn: builtInComputer(options.builtInExecutors),
    computers: new Map(),
    jobs: new Map(),
    credentials: new Map(),
    queue: new Map(),
    nextQueueId: 1,
    quietDown: undefined,
    emit: (event) => {
      for (const listener of [...listeners]) listener(event)
    },
    on: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function newComputer(name: string, config: NodeConfig | undefined): Computer {
  return { name, config, link: undefined, lost: undefined, log: '', accepting: true, executors: [] }
}

function builtInComputer(executors: number): Computer {
  const config: NodeConfig = {
    name: '',
    description: "the Jenkins controller's built-in node",
    remoteFs: undefined,
    executors,
    mode: 'NORMAL',
    label: '',
    retention: undefined,
    launcher: undefined,
    properties: undefined,
    offlineMark: undefined,
    others: [],
  }
  return { ...newComputer('', config), executors: Array.from({ length: executors }, () => undefined) }
}
