import type { Build } from '../../../jenkins/practice/contract.ts'
import type { PracticeController } from '../../../jenkins/practice/controller.ts'
import type { JobSpec } from '../../../jenkins/practice/job-xml.ts'
import { pick, seeded } from '../../agent/fleet-laptop.ts'
import type { Ledger } from './ledger.ts'

export interface LoadOptions {
  controller: PracticeController
  ledger: Ledger
  /** A label that only the agents under test carry. */
  machine: string
  seed: number
  /** Long Pipelines in all, of 20 to 30 s each; at most one at a time is under way. */
  longOnes: number
}

/** One job of the load, which is to be built once, and again after each failure when the campaign wants that. */
export interface Order {
  job: string
  kind: JobSpec['kind']
  isLong: boolean
}

/** What became of an order. */
export interface Served extends Order {
  /** Of every build, in their order; undefined while it runs. */
  results: (string | undefined)[]
  /** How often the script said itself that it began, and that it came to its end. */
  begun: number
  done: number
}

/** Containers of up to 1.5 of 2 CPUs, so that there is always something to be made room for. */
const sizes = ['0.5CPU256M', '0.5CPU256M', '0.5CPU512M', '1CPU256M', '1CPU512M', '1.5CPU512M'] as const

/** A stream of Pipelines and freestyle builds, made in the controller's own process: none of its requests are ours. */
export class Load {
  readonly #options: LoadOptions
  readonly #orders: Order[] = []
  #longLeft: number
  #timer: NodeJS.Timeout | undefined
  /** A controller that restarts forgets what it is told on the way down. */
  #isUp = true

  constructor(options: LoadOptions) {
    this.#options = options
    this.#longLeft = options.longOnes
    options.controller.on((event) => {
      if (event.kind === 'phase') this.#isUp = event.phase === 'up'
    })
  }

  /** Orders builds at random intervals, as long as fewer than this many wait or run. */
  begin(most: number): void {
    const { seed } = this.#options
    const random = seeded(seed)
    const next = () => {
      if (this.#isUp && this.open().length < most) this.#order()
      this.#timer = setTimeout(next, 100 + random() * 1_000)
    }
    next()
  }

  /** Orders no more. */
  end(): void {
    clearTimeout(this.#timer)
  }

  /** Orders of which a build waits or runs. */
  open(): Order[] {
    const { queue } = this.#options.controller.state
    const waiting = new Set(
      [...queue.values()].flatMap(({ task, stage }) =>
        stage !== 'left' && task.kind === 'job' ? [task.job.name] : [],
      ),
    )
    return this.#orders.filter(({ job }) => waiting.has(job) || this.#builds(job).at(-1)?.building)
  }

  /** Builds that hold a node right now, as `job #1`. */
  onNodes(kind: JobSpec['kind']): string[] {
    return this.#occupants()
      .filter(({ build }) => build.definition.kind === kind)
      .map(({ build }) => nameOf(build))
  }

  /** Builds that stand and fall with this node's container, also Pipelines that have not come back to it after a restart. */
  dependingOn(node: string): string[] {
    const occupants = this.#occupants().filter((occupant) => occupant.node === node)
    const settled = this.#orders
      .flatMap(({ job }) => this.#builds(job))
      .filter(({ building, console }) => building && console.includes(`Running on ${node} in `))
    return [...occupants.map(({ build }) => build), ...settled].map(nameOf)
  }

  /** Builds again what did not succeed, while the controller is up; returns how many those are. */
  retry(): number {
    if (!this.#isUp) return 0
    const open = new Set(this.open().map(({ job }) => job))
    const failed = this.served().filter(({ job, results }) => !open.has(job) && results.at(-1) !== 'SUCCESS')
    for (const { job } of failed) this.#options.controller.build(job)
    return failed.length
  }

  /** Every build that ended otherwise than well, as `job #1`, with its console. */
  failures(): { build: string; console: string }[] {
    return this.#orders
      .flatMap(({ job }) => this.#builds(job))
      .filter(({ result }) => result !== undefined && result !== 'SUCCESS')
      .map((build) => ({ build: nameOf(build), console: build.console }))
  }

  served(): Served[] {
    const { ledger } = this.#options
    return this.#orders.map((order) => ({
      ...order,
      results: this.#builds(order.job).map(({ result }) => result),
      begun: ledger.count(`${order.job}-begun`),
      done: ledger.count(`${order.job}-done`),
    }))
  }

  #order(): void {
    const { controller, machine, seed } = this.#options
    const number = this.#orders.length + 1
    // Each has its numbers for itself, so that the same seed makes the same builds at whatever pace.
    const random = seeded(seed + number)
    const isLong = random() < 0.3 && this.#longLeft > 0 && !this.open().some((order) => order.isLong)
    if (isLong) this.#longLeft--
    const kind = isLong || random() < 0.5 ? 'pipeline' : 'freestyle'
    const order = { job: `${machine}-${isLong ? 'long' : kind}-${number}`, kind, isLong } as const
    controller.createJob(order.job, this.#spec(order, random))
    this.#orders.push(order)
    controller.build(order.job)
  }

  #spec({ job, kind, isLong }: Order, random: () => number): JobSpec {
    const { ledger, machine } = this.#options
    const size = isLong ? '0.5CPU256M' : pick(sizes, random)
    const label = `${machine}&&${random() < 0.2 ? `(${size}||2CPU2G)` : size}`
    const seconds = isLong ? 20 + Math.floor(random() * 10) : 1 + Math.floor(random() * 3)
    const begin = `${ledger.entry(`${job}-begun`)}; sleep ${seconds}`
    const end = ledger.entry(`${job}-done`)
    if (kind === 'freestyle') return { kind, label, scripts: [begin, end] }
    return { kind, script: `node('${label}') { sh '${begin}'; sh '${end}' }` }
  }

  #occupants(): { node: string; build: Build }[] {
    return [...this.#options.controller.state.computers.values()].flatMap(({ name, executors }) =>
      executors.flatMap((occupant) => (occupant ? { node: name, build: occupant.build } : [])),
    )
  }

  #builds(job: string): readonly Build[] {
    return this.#options.controller.state.jobs.get(job)?.builds ?? []
  }
}

function nameOf({ job, number }: Build): string {
  return `${job} #${number}`
}
