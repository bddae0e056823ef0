import type { Secret } from '../../core/secret.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'

/**
 * One way in which an agent inside a container reaches its controller. Everything that differs between the ways is here:
 * slots, reconciliation and the daemon do not know which one is in use.
 */
export interface Transport {
  readonly name: 'websocket' | 'tcp'
  /** What the node's launcher is told; Jenkins itself takes it as advice only. */
  readonly webSocket: boolean
  /** Options of agent.jar that choose this way. */
  readonly agentOptions: readonly string[]
  /** Whether agents could connect this way; `reason` says why not, in words for people. */
  usable(jenkins: Jenkins, signal?: AbortSignal): Promise<{ usable: boolean; reason: string; hint?: string }>
  /**
   * Why the agent of this node did not get through. An agent itself never says more than `Handshake error`, so the
   * controller is asked what it would answer.
   */
  explain(attempt: Attempt, signal?: AbortSignal): Promise<string>
}

export interface Attempt {
  jenkins: Jenkins
  node: string
  secret: Secret
  /** Last lines of the agent's own log. */
  log: string
  /** The controller's URL as the container was told. */
  agentUrl: string
}
