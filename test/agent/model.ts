import { satisfiedBy } from '../../agent/match/match.ts'
import { type Decision, reconcile } from '../../agent/reconcile.ts'
import { recollect, recollectFailure } from '../../agent/slots/recollect.ts'
import { markText } from '../../agent/slots/slots.ts'
import {
  type Action,
  type Demand,
  emptyRecollection,
  type Machine,
  type ObservedContainer,
  type ObservedNode,
  type Openness,
  type Recollection,
  type SlotPlan,
  type Template,
  type World,
} from '../../agent/world.ts'

const gib = 2 ** 30

export const templates: Template[] = [
  {
    name: 'default',
    features: ['linux', 'amd64', 'ann'],
    size: { cpus: 1, memoryBytes: 2 * gib },
    max: { cpus: 8, memoryBytes: 16 * gib },
  },
  {
    name: 'browser',
    features: ['linux', 'amd64', 'ann', 'chrome'],
    size: { cpus: 2, memoryBytes: 4 * gib },
    max: { cpus: 4, memoryBytes: 8 * gib },
  },
]

export const machine: Machine = {
  name: 'ann',
  id: 'a1b2c3',
  budget: { cpus: 8, memoryBytes: 16 * gib },
  maxSlots: 4,
}

/** A container engine and a controller made of plain data, with the habits of the real ones that matter to decisions. */
export class Model {
  nowMs = 1_000_000
  openness: Openness = 'open'
  leaving = false
  readonly containers = new Map<string, ObservedContainer>()
  readonly nodes = new Map<string, ObservedNode>()
  readonly queue = new Map<number, Demand>()
  /** Node -> the build on it. */
  readonly builds = new Map<string, number>()
  /** Container -> the build whose processes run in it, whatever the controller knows of that. */
  readonly processes = new Map<string, number>()
  /** Builds whose processes died with a container that was removed. */
  readonly lost: number[] = []
  missingImages: string[] = []
  recollection: Recollection = emptyRecollection
  #made = 0
  #starts = 1
  /** Pipelines that the controller has not put back into its queue yet. */
  #returning: Demand[] = []

  world(): World {
    const world = {
      nowMs: this.nowMs,
      machine,
      templates,
      missingImages: this.missingImages,
      timing: { startWithinMs: 90_000, keepIdleMs: 60_000, turnMs: 10_000 },
      openness: this.openness,
      because: 'the test says so',
      leaving: this.leaving,
      containers: [...this.containers.values()],
      nodes: [...this.nodes.values()],
      demand: [...this.queue.values()],
      session: `session ${this.#starts}`,
    }
    this.recollection = recollect(this.recollection, world)
    return { ...world, recollection: this.recollection }
  }

  /** One round; `crashAfter` actions the daemon dies, and forgets. `meanwhile` happens between the look and the deeds. */
  round(crashAfter = Number.POSITIVE_INFINITY, meanwhile: () => void = () => {}): Decision {
    const decision = reconcile(this.world())
    meanwhile()
    for (const [index, action] of decision.actions.entries()) {
      if (index >= crashAfter) {
        this.recollection = emptyRecollection
        break
      }
      this.apply(action)
    }
    return decision
  }

  apply(action: Action): void {
    switch (action.kind) {
      case 'register':
        this.addNode(action.slot, [])
        return
      case 'restore':
        this.addNode(action.plan.slot, action.plan.nodeLabels)
        return
      case 'open':
        this.setLabels(action.plan.slot, action.plan.nodeLabels)
        this.addContainer(action.plan)
        return
      case 'mark':
        return this.change(action.slot, {
          temporarilyOffline: true,
          offline: true,
          offlineReason: markText(action.because),
          offlineCauseKind: 'hudson.slaves.OfflineCause$UserCause',
        })
      case 'unmark':
        this.change(action.slot, { temporarilyOffline: false, offlineReason: '' })
        return
      case 'disconnect':
        this.drop(action.slot)
        return
      case 'remove':
        this.removeContainer(action)
        return
      case 'park':
        this.change(action.slot, { labels: [], temporarilyOffline: false, offlineReason: '' })
        return
      case 'unregister':
        this.nodes.delete(action.slot)
        return
      case 'pull':
        this.missingImages = this.missingImages.filter((template) => template !== action.template)
    }
  }

  enqueue(demand: Demand): void {
    this.queue.set(demand.itemId, demand)
  }

  addNode(
    name: string,
    labels: string[],
    description = `[footman id=${machine.id} machine=ann cpus=8 memory=16384M features=linux]`,
  ): void {
    const waiting = this.builds.has(name)
    this.nodes.set(name, {
      name,
      description,
      labels,
      offline: true,
      temporarilyOffline: false,
      offlineReason: '',
      connected: false,
      idle: !waiting,
      executors: 1,
      builds: waiting ? [`job/b/${this.builds.get(name)}/`] : [],
      inbound: true,
    })
  }

  setLabels(name: string, labels: string[]): void {
    if (this.nodes.has(name)) this.change(name, { labels, temporarilyOffline: false, offlineReason: '' })
    else this.addNode(name, labels)
  }

  change(name: string, change: Partial<ObservedNode>): void {
    const node = this.nodes.get(name)
    if (!node) return
    const next = { ...node, ...change }
    this.nodes.set(name, { ...next, offline: next.temporarilyOffline || !next.connected })
  }

  addContainer({ slot, template, size, nodeLabels }: SlotPlan): void {
    // The engine refuses a second container of the same name.
    if ([...this.containers.values()].some((one) => one.slot === slot)) return
    const id = `c${++this.#made}`
    this.containers.set(id, {
      id,
      slot,
      template,
      size,
      nodeLabels,
      status: 'running',
      createdAtMs: this.nowMs,
      oomKilled: false,
      exitCode: undefined,
      link: 'unknown',
    })
  }

  removeContainer(action: Extract<Action, { kind: 'remove' }>): void {
    const container = this.containers.get(action.containerId)
    if (!container) return
    const hadConnected = this.recollection.connectedOnce[container.id]
    const process = this.processes.get(container.id)
    if (process !== undefined && container.status === 'running') this.lost.push(process)
    this.processes.delete(container.id)
    this.containers.delete(container.id)
    if (container.status === 'running') this.drop(container.slot)
    if (action.failed && !hadConnected) {
      const { slot, template } = container
      this.recollection = recollectFailure(this.recollection, { slot, template, nowMs: this.nowMs })
    }
  }

  /** The channel of a node closes. Its build stays on it, as a Pipeline does. */
  drop(name: string): void {
    this.change(name, { connected: false })
  }

  /** Agents in running containers connect. */
  connectAgents(): void {
    for (const { slot, status } of this.containers.values()) {
      if (status === 'running') this.change(slot, { connected: true })
    }
  }

  /** Jenkins gives waiting builds to idle nodes whose labels satisfy them. */
  schedule(): void {
    for (const demand of this.queue.values()) {
      const taker = [...this.nodes.values()].find(
        (node) => !node.offline && node.idle && accepts(node, demand),
      )
      if (!taker) continue
      this.queue.delete(demand.itemId)
      this.builds.set(taker.name, demand.itemId)
      const container = [...this.containers.values()].find(({ slot }) => slot === taker.name)
      if (container) this.processes.set(container.id, demand.itemId)
      this.change(taker.name, { idle: false, builds: [`job/b/${demand.itemId}/`] })
    }
  }

  /** The controller starts anew: every connection is gone, and the builds are Pipelines, which come back by `carryOn`. */
  restartController(): void {
    this.#starts++
    for (const [node, itemId] of this.builds) {
      const title = `part of build ${itemId}`
      this.#returning.push({ itemId, title, waitingSinceMs: this.nowMs, wants: { kind: 'node', node } })
    }
    this.builds.clear()
    for (const name of this.nodes.keys()) this.change(name, { connected: false, idle: true, builds: [] })
  }

  /** Jenkins queues the Pipelines that it carries on, each for the node on which it ran. */
  carryOn(): void {
    for (const demand of this.#returning) this.enqueue(demand)
    this.#returning = []
  }

  finish(name: string): void {
    const itemId = this.builds.get(name)
    for (const [id, process] of this.processes) if (process === itemId) this.processes.delete(id)
    this.builds.delete(name)
    this.change(name, { idle: true, builds: [] })
  }

  /** Builds end on nodes whose agent is there. */
  finishAll(): void {
    for (const name of [...this.builds.keys()]) if (this.nodes.get(name)?.connected) this.finish(name)
  }
}

function accepts(node: ObservedNode, { wants }: Demand): boolean {
  if (wants.kind === 'node') return wants.node === node.name
  return satisfiedBy(wants.expression, node.name, node.labels)
}
