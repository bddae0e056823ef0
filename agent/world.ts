import type { ContainerStatus } from '../core/container-engine.ts'
import type { NodeState } from '../jenkins/jenkins.ts'
import type { LabelExpression } from './labels/expression.ts'

/** CPUs (fractions allowed) and memory: of a container, a budget, a label such as `4CPU8G`. */
export interface Size {
  cpus: number
  memoryBytes: number
}

/** One kind of container that this machine is willing to run. */
export interface Template {
  name: string
  /** Labels that are true of every container of this template, the machine's own included. */
  features: string[]
  /** Used when a label names no size. */
  size: Size
  /** No container of this template is larger. */
  max: Size
}

/** A build that waits in the queue and could be ours. */
export interface Demand {
  itemId: number
  /** What people call the build, for messages. */
  title: string
  waitingSinceMs: number
  wants:
    | {
        kind: 'expression'
        expression: LabelExpression
        /**
         * Jenkins named this node of another laptop instead of the label, and the expression asks for the like of it. It
         * may be wrong, so one attempt has to do.
         */
        inferredFrom?: string
      }
    /** Jenkins named one node instead of the label; the node is a footman slot of this machine. */
    | { kind: 'node'; node: string }
}

/** A container of ours, as the engine reports it. What we need to know of it travels in its labels. */
export interface ObservedContainer {
  id: string
  slot: string
  status: ContainerStatus
  template: string
  size: Size
  /** Labels that its node has to carry. */
  nodeLabels: string[]
  /** Name of the transport that started it. */
  transport?: string
  createdAtMs: number
  oomKilled: boolean
  exitCode: number | undefined
  /** What the agent's own log said last; read only when there is reason to doubt, and after the nodes were. */
  link: 'connected' | 'connecting' | 'unknown'
}

export type ObservedNode = NodeState

/** How far the owner's policy opens the door. Each level includes the restrictions of those before it. */
export type Openness =
  | 'open'
  /** Take no more builds; let those running end; then stop. */
  | 'finishing'
  /** Stop now, builds or not. */
  | 'closed'

/** What is remembered between two looks. Losing it costs patience, never correctness. */
export interface Recollection {
  /** Slot -> since when its node is connected and idle, ms. */
  idleSince: Readonly<Record<string, number>>
  /** Slot -> since when its container runs without its node being connected, ms. */
  offlineSince: Readonly<Record<string, number>>
  /** Foreign footman node -> since when it announces labels without being connected, ms. */
  claimSince: Readonly<Record<string, number>>
  /** Build, or slot where we may not see it -> since when it runs on our node, ms. */
  busySince: Readonly<Record<string, number>>
  /** Slot -> since when its agent says that it has no connection while Jenkins says that it has one, ms. */
  deafSince: Readonly<Record<string, number>>
  /** Slot, template, or the ending of a slot -> failures in a row and when to try again, ms. */
  setbacks: Readonly<Record<string, { count: number; notBeforeMs: number }>>
  /** Queue item -> when this machine saw it first, ms. */
  firstSeen: Readonly<Record<string, number>>
  /** Queue item -> when a container was started for it although its label was only inferred, ms. */
  guesses: Readonly<Record<string, number>>
  /** Containers that were seen connected at least once. */
  connectedOnce: Readonly<Record<string, true>>
  /** Of the controller at the last look: another one means that it was started anew. */
  session: string | undefined
  /**
   * Slot -> since when the controller is back from a restart, ms. As long as it is here, the container may run a Pipeline
   * that Jenkins is about to carry on, though its node looks idle.
   */
  returningSince: Readonly<Record<string, number>>
}

export const emptyRecollection: Recollection = {
  idleSince: {},
  offlineSince: {},
  claimSince: {},
  busySince: {},
  deafSince: {},
  setbacks: {},
  firstSeen: {},
  guesses: {},
  connectedOnce: {},
  session: undefined,
  returningSince: {},
}

/** Everything that a decision is made from. */
export interface World {
  nowMs: number
  machine: Machine
  templates: readonly Template[]
  /** Templates whose image is not on this machine yet. */
  missingImages: readonly string[]
  timing: Timing
  openness: Openness
  /** Why it is not open, for those who read it in Jenkins. */
  because?: string
  /** The daemon is about to end: take our nodes off the controller as they fall empty. */
  leaving: boolean
  containers: readonly ObservedContainer[]
  /** Every node of the controller, ours and others'. */
  nodes: readonly ObservedNode[]
  demand: readonly Demand[]
  /** Of the controller; it changes with every start of it. */
  session: string | undefined
  recollection: Recollection
}

export interface Machine {
  /** Slots are called `<name>-<n>`. */
  name: string
  /** Random and kept on this machine's disk: tells our nodes from those of a namesake. */
  id: string
  budget: Size
  maxSlots: number
}

export interface Timing {
  /** An agent that is not connected this long after its container started has failed. */
  startWithinMs: number
  /** An idle container is kept this long for the next build. */
  keepIdleMs: number
  /**
   * One turn in the order among several laptops: the time between two looks of an idle one, and a moment more for what
   * it then starts to show in Jenkins.
   */
  turnMs: number
}

/** What a slot is opened with. */
export interface SlotPlan {
  slot: string
  template: string
  size: Size
  nodeLabels: string[]
}

/** What to do next. Each is safe to repeat, and safe to lose half-way. */
export type Action =
  /** Register the node without a container, so that Jenkins names labels in its queue. */
  | { kind: 'register'; slot: string }
  /**
   * Give the node its labels (creating it when missing) and start its container. `guessFor` is a queue item whose label is
   * only inferred, which deserves one attempt.
   */
  | { kind: 'open'; plan: SlotPlan; because: string; nodeExists: boolean; guessFor?: number }
  /** Put the node of a running container back where it was deleted under it. */
  | { kind: 'restore'; plan: SlotPlan; containerId: string }
  /** Let Jenkins send no further build, so that the container can be stopped without hitting one. */
  | { kind: 'mark'; slot: string; because: string }
  | { kind: 'unmark'; slot: string }
  /** Free the node's name from a connection that is dead, or not ours. */
  | { kind: 'disconnect'; slot: string; because: string }
  /** Remove the container; keep the tail of its log when it failed. */
  | {
      kind: 'remove'
      slot: string
      template: string
      /** Name of the transport that started it. */
      transport?: string
      containerId: string
      because: string
      failed: boolean
    }
  /** Take the labels off the node again. */
  | { kind: 'park'; slot: string }
  | { kind: 'unregister'; slot: string }
  | { kind: 'pull'; template: string }
