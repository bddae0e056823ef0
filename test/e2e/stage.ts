import { randomBytes } from 'node:crypto'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import { until } from '../support/until.ts'

/** What a scenario plays on: a controller, real or practised, and how agents of it are configured. */
export interface Stage {
  jenkins: Jenkins
  user: string
  token: string
  /** Prefix of everything that the scenario makes on the controller. */
  prefix: string
  /** Settings that containers need here: image, network, URL as seen from inside. */
  template: Record<string, unknown>
  controllerSettings?: Record<string, unknown>
  /** Further parts of agent.yaml. */
  settings?: Record<string, unknown>
  images: string[]
  /** Whether images come from a registry. */
  pull: 'missing' | 'never'
  /** Brings the controller down and up again, without waiting for builds. */
  restart(): Promise<void>
}

/** A prefix that no other run uses at the same time. */
export function uniquePrefix(): string {
  return `footman-test-${randomBytes(3).toString('hex')}`
}

const patience = { withinMs: 240_000, everyMs: 250 }

/** Jobs that are removed again whatever happens. */
export class Jobs {
  readonly #stage: Stage
  readonly #prefix: string
  readonly #names: string[] = []

  constructor(stage: Stage, prefix: string) {
    this.#stage = stage
    this.#prefix = prefix
  }

  /** Makes a job and queues a build of it; returns the queue item. */
  async start(name: string, xml: string): Promise<{ job: string; item: number }> {
    const job = `${this.#prefix}-${name}`
    await this.#stage.jenkins.createJob(job, xml)
    this.#names.push(job)
    return { job, item: await this.#stage.jenkins.build(job) }
  }

  /** Waits until the build runs; returns its number. */
  async running({ job, item }: { job: string; item: number }, marker: string): Promise<number> {
    const { jenkins } = this.#stage
    const number = await until(`${job} leaves the queue`, async () => (await jenkins.queueItem(item)).build, {
      withinMs: 120_000,
    })
    await until(
      `${job} #${number} prints ${marker}`,
      async () => {
        return (await jenkins.buildLog(job, number)).includes(marker)
      },
      { withinMs: 120_000 },
    )
    return number
  }

  /** Waits for the end; returns result and console. */
  async ended({ job, item }: { job: string; item: number }): Promise<{ result: string; log: string }> {
    const { jenkins } = this.#stage
    const ask = async () => (await jenkins.queueItem(item)).build
    const number = await until(`${job} leaves the queue`, ask, patience)
    return await this.result(job, number)
  }

  /** Waits for the end of a build whose number is known: a controller forgets queue items when it restarts. */
  async result(job: string, number: number): Promise<{ result: string; log: string }> {
    const { jenkins } = this.#stage
    const ask = async () => {
      const state = await jenkins.buildState(job, number).catch(() => undefined)
      return state && !state.building ? (state.result ?? 'none') : undefined
    }
    const result = await until(`${job} #${number} ends`, ask, patience)
    return { result, log: await jenkins.buildLog(job, number) }
  }

  async remove(): Promise<void> {
    for (const job of this.#names) await this.#stage.jenkins.deleteJob(job)
  }
}
