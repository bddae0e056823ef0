import type { Clock } from '../../core/clock.ts'
import type { ContainerEngine } from '../../core/container-engine.ts'
import type { Log } from '../../core/log.ts'
import type { Secret } from '../../core/secret.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { Identity } from '../identity.ts'
import type { Transport } from '../transports/transport.ts'
import type { Machine, Template } from '../world.ts'

/** Everything outside of itself that the daemon works with. */
export interface Edges {
  jenkins: Jenkins
  engine: ContainerEngine
  log: Log
  clock: Clock
}

/** What the daemon was told once and for all, worked out from configuration, hardware and preflight. */
export interface Plan {
  config: AgentConfig
  identity: Identity
  machine: Machine
  templates: readonly Template[]
  /** Template -> image reference, for a controller of this version: the images' Java has to be new enough for it. */
  images(controllerVersion?: string): Readonly<Record<string, string>>
  transport: Transport
  /** Where state that outlives the daemon is kept. */
  stateDir: string
  cacheDir: string
  /** Sentence and tag that our nodes carry, so that every laptop and every person can tell whose they are. */
  describe(slot: string): string
}

/** What carrying out an action takes. */
export interface ExecuteContext extends Edges {
  plan: Plan
  /** Secrets of our nodes; Jenkins derives them from the name, so they never change. */
  secrets: Map<string, Secret>
  /** Starts pulling in the background; a further call while it lasts does nothing. */
  pull(template: string): void
  /** Whether a container's agent was connected at any time. */
  hasConnected(containerId: string): boolean
  signal?: AbortSignal
}
