import type { Clock } from '../../core/clock.ts'
import type { ContainerEngine } from '../../core/container-engine.ts'
import type { Log } from '../../core/log.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import type { SlotContext, SlotSettings, Transport } from '../transports/transport.ts'
import type { Machine, Template } from '../world.ts'

/** Everything outside of itself that the daemon works with. */
export interface Edges {
  jenkins: Jenkins
  engine: ContainerEngine
  log: Log
  clock: Clock
}

/** What the daemon was told once and for all, worked out from configuration, hardware and preflight. */
export interface Plan extends SlotSettings {
  machine: Machine
  templates: readonly Template[]
  transport: Transport
  /** Where state that outlives the daemon is kept. */
  stateDir: string
}

/** What carrying out an action takes. */
export interface ExecuteContext extends Edges, SlotContext {
  plan: Plan
  /** Starts pulling in the background; a further call while it lasts does nothing. */
  pull(template: string): void
  /** Whether a container's agent was connected at any time. */
  hasConnected(containerId: string): boolean
}
