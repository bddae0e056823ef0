import type { FleetMachine } from '../../agent/fleet/fleet.ts'
import { isOurTurn } from '../../agent/fleet/turns.ts'
import { parseLabelExpression } from '../../agent/labels/parse.ts'
import { subtractSize } from '../../agent/labels/size.ts'
import { type Fit, matchContainer, satisfiedBy } from '../../agent/match/match.ts'
import { type Supply, supplyFor } from '../../agent/slots/supply.ts'
import { type Demand, emptyRecollection, type World } from '../../agent/world.ts'
import {
  type Container,
  type Laptop,
  makeLaptop,
  parkedNode,
  pick,
  publicViewOf,
  seeded,
  slotsPerLaptop,
} from './fleet-laptop.ts'

export interface Scenario {
  seed: number
  laptops: number
  /** Share of laptops that are registered but asleep, 0 to 1. */
  asleep: number
  items: number
  /** All items arrive within this time. */
  arriveWithinMs: number
  /** Every laptop looks this often, at a moment of its own; one turn lasts as long. */
  intervalMs: number
  /** From the decision to open a slot until others see the labels of its node. */
  announceMs: number
  /** Builds take between a tenth of this and all of it. */
  buildMs: number
}

export interface Outcome {
  served: number
  started: number
  /** Containers that never ran a build. */
  needless: number
  /** Containers started when every build that they could take had one coming already, which the laptop could not see. */
  doubled: number
  longestWaitMs: number
}

const timing = { keepIdleMs: 60_000, startWithinMs: 90_000, connectMs: 3000 }

const labels = [
  '2CPU2G',
  '4CPU8G',
  '0.5CPU512M',
  'linux && 2CPU4G',
  'docker',
  'docker && 4CPU8G',
  '8CPU16G || 4CPU4G',
  'arm64 && 1CPU2G',
  '!docker && 2CPU2G',
  'amd64 && !gpu',
  'gpu -> 2CPU2G',
].map(parseLabelExpression)

/** Many laptops and one queue, event by event; whose turn it is, and what counts as supply, decides the daemon's own code. */
export function simulate(scenario: Scenario): Outcome {
  const random = seeded(scenario.seed)
  const laptops = Array.from({ length: scenario.laptops }, (_, index) =>
    makeLaptop(index, { ...scenario, random }),
  )
  const controller = new Controller(laptops, scenario, random)
  const awake = laptops.filter(({ isAwake }) => isAwake).sort((a, b) => a.phaseMs - b.phaseMs)
  const endMs = scenario.arriveWithinMs + 10 * scenario.buildMs
  for (let roundMs = 0; roundMs < endMs && !controller.isDone(); roundMs += scenario.intervalMs) {
    for (const laptop of awake) {
      controller.advanceTo(roundMs + laptop.phaseMs)
      look(laptop, controller)
    }
  }
  return controller.outcome
}

/** One look of one laptop: idle containers end; builds that nobody takes get a new one if it is its turn. */
function look(laptop: Laptop, controller: Controller): void {
  const { nowMs, waiting } = controller
  for (const container of laptop.containers.filter(({ node }) => node.connected && node.idle)) {
    if (nowMs - container.idleSinceMs > timing.keepIdleMs) controller.close(laptop, container)
  }
  if (waiting.length === 0) return
  laptop.firstSeen = Object.fromEntries(
    waiting.map(({ itemId }) => [itemId, laptop.firstSeen[itemId] ?? nowMs]),
  )
  for (const demand of controller.uncoveredFor(laptop)) {
    if (!isOurTurn(demand, controller.fleet, worldOf(laptop, controller))) continue
    const plan = planFor(demand, laptop)
    if (plan) controller.open(laptop, plan)
  }
}

function planFor({ wants }: Demand, laptop: Laptop): (Fit & { slotName: string }) | undefined {
  const { name, containers, budget, template } = laptop
  const slotName = Array.from({ length: slotsPerLaptop }, (_, index) => `${name}-${index + 1}`).find(
    (slot) => !containers.some(({ node }) => node.name === slot),
  )
  if (!slotName || wants.kind !== 'expression') return undefined
  const available = containers.reduce((left, { size }) => subtractSize(left, size), budget)
  const { expression } = wants
  const match = matchContainer({ expression, templates: [template], available, budget, slotName })
  return 'impossible' in match ? undefined : { ...match, slotName }
}

function worldOf({ id, name, budget, template, firstSeen }: Laptop, controller: Controller): World {
  return {
    nowMs: controller.nowMs,
    machine: { id, name, budget, maxSlots: slotsPerLaptop },
    templates: [template],
    missingImages: [],
    timing: { ...timing, turnMs: controller.scenario.intervalMs },
    openness: 'open',
    leaving: false,
    session: undefined,
    containers: [],
    nodes: [],
    demand: [],
    recollection: { ...emptyRecollection, firstSeen },
  }
}

class Controller {
  nowMs = 0
  /** Items in the queue, oldest first. */
  waiting: Demand[] = []
  readonly fleet: FleetMachine[]
  readonly outcome: Outcome = { served: 0, started: 0, needless: 0, doubled: 0, longestWaitMs: 0 }
  readonly scenario: Scenario
  private readonly laptops: readonly Laptop[]
  private readonly random: () => number
  private readonly lending = new Set<Laptop>()
  /** Kept until something happens. */
  private publiclyUncovered: Demand[] | undefined
  private readonly events: { atMs: number; run: () => void }[] = []

  constructor(laptops: readonly Laptop[], scenario: Scenario, random: () => number) {
    this.laptops = laptops
    this.scenario = scenario
    this.random = random
    this.fleet = laptops.map((laptop) => laptop.public)
    for (let itemId = 1; itemId <= scenario.items; itemId++) this.queueLater(itemId)
  }

  isDone(): boolean {
    return this.events.length === 0 && this.lending.size === 0 && this.waiting.length === 0
  }

  advanceTo(nowMs: number): void {
    for (let next = this.events[0]; next && next.atMs <= nowMs; next = this.events[0]) {
      this.events.shift()
      this.publiclyUncovered = undefined
      this.nowMs = next.atMs
      next.run()
    }
    this.nowMs = nowMs
  }

  /** Waiting items for which this laptop sees no executor free or coming. It knows its own before others do. */
  uncoveredFor(laptop: Laptop): Demand[] {
    const isAnnounced = ({ startedMs }: Container) => this.nowMs >= startedMs + this.scenario.announceMs
    if (!laptop.containers.every(isAnnounced)) {
      return this.uncovered((owner, container) => owner === laptop || isAnnounced(container))
    }
    this.publiclyUncovered ??= this.uncovered((_, container) => isAnnounced(container))
    return this.publiclyUncovered
  }

  open(laptop: Laptop, plan: Fit & { slotName: string }): void {
    const isWanted = this.uncovered(() => true).some(
      ({ wants }) =>
        wants.kind === 'expression' && satisfiedBy(wants.expression, plan.slotName, plan.nodeLabels),
    )
    if (!isWanted) this.outcome.doubled++
    this.outcome.started++
    let node = laptop.nodes.find(({ name }) => name === plan.slotName)
    if (!node) {
      node = parkedNode(plan.slotName, laptop.nodes[0]?.description ?? '')
      laptop.nodes.push(node)
    }
    node.labels = plan.nodeLabels
    const container: Container = { node, size: plan.size, startedMs: this.nowMs, idleSinceMs: 0, builds: 0 }
    laptop.containers.push(container)
    this.lending.add(laptop)
    this.after(this.scenario.announceMs, () => this.publish(laptop))
    this.after(timing.connectMs, () => this.connect(laptop, container))
  }

  close(laptop: Laptop, container: Container): void {
    if (container.builds === 0) this.outcome.needless++
    Object.assign(container.node, { labels: [], connected: false, offline: true })
    this.publiclyUncovered = undefined
    laptop.containers = laptop.containers.filter((one) => one !== container)
    if (laptop.containers.length === 0) this.lending.delete(laptop)
    this.publish(laptop)
  }

  private connect(laptop: Laptop, container: Container): void {
    Object.assign(container.node, { connected: true, offline: false })
    container.idleSinceMs = this.nowMs
    this.publish(laptop)
    this.dispatch()
  }

  private queueLater(itemId: number): void {
    const expression = pick(labels, this.random)
    this.after(Math.floor(this.random() * this.scenario.arriveWithinMs), () => {
      const wants = { kind: 'expression' as const, expression }
      this.waiting.push({ itemId, title: `build ${itemId}`, waitingSinceMs: this.nowMs, wants })
      this.dispatch()
    })
  }

  /** Jenkins gives every waiting item, oldest first, the first free executor that its label allows. */
  private dispatch(): void {
    for (const item of [...this.waiting]) {
      const container = this.freeFor(item)
      if (!container) continue
      this.waiting = this.waiting.filter((one) => one !== item)
      this.outcome.served++
      this.outcome.longestWaitMs = Math.max(this.outcome.longestWaitMs, this.nowMs - item.waitingSinceMs)
      container.builds++
      container.node.idle = false
      this.after(this.scenario.buildMs * (0.1 + 0.9 * this.random()), () => {
        container.node.idle = true
        container.idleSinceMs = this.nowMs
        this.dispatch()
      })
    }
  }

  private freeFor({ wants }: Demand): Container | undefined {
    if (wants.kind !== 'expression') return undefined
    return [...this.lending]
      .flatMap(({ containers }) => containers)
      .find(
        ({ node }) => node.connected && node.idle && satisfiedBy(wants.expression, node.name, node.labels),
      )
  }

  /** Waiting items that are left when each, oldest first, takes an executor that is free or coming. */
  private uncovered(isVisible: (owner: Laptop, container: Container) => boolean): Demand[] {
    const supply: Supply[] = [...this.lending].flatMap((owner) =>
      owner.containers
        .filter(({ node }) => node.idle)
        .filter((container) => isVisible(owner, container))
        .map(({ node }) => ({
          node: node.name,
          labels: new Set(node.labels).add(node.name),
          slot: undefined,
        })),
    )
    return this.waiting.filter((demand) => {
      const coming = supplyFor(demand, supply, [])
      if (coming) supply.splice(supply.indexOf(coming), 1)
      return coming === undefined
    })
  }

  private publish(laptop: Laptop): void {
    laptop.public = publicViewOf(laptop.nodes)
    this.fleet[this.laptops.indexOf(laptop)] = laptop.public
  }

  private after(ms: number, run: () => void): void {
    const atMs = this.nowMs + ms
    const index = this.events.findIndex((event) => event.atMs > atMs)
    this.events.splice(index < 0 ? this.events.length : index, 0, { atMs, run })
  }
}
