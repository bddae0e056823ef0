import type { Secret } from '../../core/secret.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'

/**
 * One way in which an agent inside a container reaches its controller. Everything that differs between the ways is here:
 * slots, reconciliation, preflight and the daemon do not know which ones there are. A new one is a file in this folder,
 * a name in names.ts and a line in registry.ts.
 */
export interface Transport {
  /** As in agent.yaml. */
  readonly name: string
  /** As people call it: the title of its check, and its name in sentences. */
  readonly title: string
  /** What the node's launcher is told; Jenkins itself takes it as advice only. */
  readonly webSocket: boolean
  /** Options of agent.jar that choose this way. */
  readonly agentOptions: readonly string[]
  /** What the controller says of this way, found out with a request or two and without a node. */
  usable(jenkins: Jenkins, signal?: AbortSignal): Promise<TransportFinding>
  /** Whether an agent would really get through, tried with a node made for it. Throws when the controller does. */
  tryOut(trial: Trial): Promise<TransportFinding>
  /**
   * Why the agent of this node did not get through. An agent itself never says more than `Handshake error`, so the
   * controller is asked what it would answer.
   */
  explain(attempt: Attempt, signal?: AbortSignal): Promise<string>
}

/** Whether agents can connect one way, in words for people. */
export interface TransportFinding {
  /** Undefined: it could not be told, but in a minute it may be. */
  usable: boolean | undefined
  finding: string
  /** What to do about it when it is not usable. */
  cure?: string
}

export interface Trial {
  jenkins: Jenkins
  /** A node without an agent. */
  node: string
  /** Of that node; undefined where we may not read it. */
  secret: Secret | undefined
  signal: AbortSignal | undefined
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

/** What is found when there was no way to find out. */
export function untried(why: string): TransportFinding {
  return { usable: undefined, finding: `it could not be tried: ${why}` }
}
