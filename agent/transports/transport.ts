import type { ContainerEngine } from '../../core/container-engine.ts'
import type { Secret } from '../../core/secret.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { Identity } from '../identity.ts'
import type { SlotPlan } from '../world.ts'

/**
 * One way in which a container becomes an agent of its controller. Everything that differs between the ways is here:
 * slots, reconciliation, preflight and the daemon do not know which ones there are. A new one is a file or a room in this folder,
 * a name in names.ts and a line in registry.ts.
 *
 * What changes a slot must be safe to repeat and safe to lose half-way: the next look finds what there is, and goes on from there.
 */
export interface Transport {
  /** As in agent.yaml. */
  readonly name: string
  /** As people call it: the title of its check, and its name in sentences. */
  readonly title: string
  /** Whether `transport: auto` may take it. What opens a port of this machine, say, is for its owner to choose. */
  readonly isAutomatic: boolean
  /** Whether the agent dials the controller, rather than the other way round. */
  readonly agentsDial: boolean
  /** Labels that nodes of this kind always carry, whatever we ask for. */
  readonly addedLabels: readonly string[]
  /** Image of a template that names none, for a controller of this version. */
  defaultImage(controllerVersion: string): string

  /** What the controller says of this way, found out with a request or two and without a node. */
  usable(jenkins: Jenkins, signal?: AbortSignal): Promise<TransportFinding>
  /** Whether an agent would really get through, tried with a node made for it. Throws when the controller does. */
  tryOut(trial: Trial): Promise<TransportFinding>
  /**
   * Why the agent of this node did not get through. An agent itself never says more than `Handshake error`, so the
   * controller is asked what it would answer.
   */
  explain(attempt: Attempt, signal?: AbortSignal): Promise<string>

  /** Has a slot without a container wait on the controller, with no labels and without any mark of ours. */
  rest(node: SlotNode, context: SlotContext): Promise<void>
  /** Gives the slot's node its labels and starts its container. Leaves no container behind when it throws. */
  open(opening: Opening, context: SlotContext): Promise<void>
  /** Registers the node of a running container anew. */
  restore(container: { id: string; plan: SlotPlan }, context: SlotContext): Promise<void>
  /**
   * Has the controller forget what it was given for the slot beside the node itself, e.g. a key. Before the container goes or
   * the node rests; gone already is fine.
   */
  release(slot: string, context: SlotContext): Promise<void>
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
  config: AgentConfig
  /** The engine, or why there is none; undefined where nothing may be started. */
  engine: ContainerEngine | Error | undefined
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

/** A slot's node on the controller. */
export interface SlotNode {
  slot: string
  exists: boolean
}

export interface Opening {
  plan: SlotPlan
  nodeExists: boolean
}

/** What serving a slot takes. */
export interface SlotContext {
  jenkins: Jenkins
  engine: ContainerEngine
  plan: SlotSettings
  /** Secrets of our nodes; Jenkins derives them from the name, so they never change. */
  secrets: Map<string, Secret>
  signal?: AbortSignal
}

export interface SlotSettings {
  config: AgentConfig
  identity: Identity
  /** Template -> image reference, for a controller of this version: the images' Java has to be new enough for it. */
  images(controllerVersion?: string): Readonly<Record<string, string>>
  cacheDir: string
  /** The machine on which the engine runs, if not this one: then it shares no files with us. */
  engineHost?: string | undefined
  /** Sentence and tag that our nodes carry, so that every laptop and every person can tell whose they are. */
  describe(slot: string): string
}

/** What is found when there was no way to find out. */
export function untried(why: string): TransportFinding {
  return { usable: undefined, finding: `it could not be tried: ${why}` }
}
