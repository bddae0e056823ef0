import type { Build } from '../../jenkins/practice/contract.ts'
import type { PracticeController } from '../../jenkins/practice/controller.ts'
import { until } from '../support/until.ts'

/** A Pipeline whose shell says at once that it is there, and whose build lasts long enough to look at its container. */
export interface PracticeBuild {
  queuedAtMs: number
  /** When the shell's first line had arrived at the controller. */
  firstLineAtMs: number
  ended(): Promise<void>
}

let builds = 0

/**
 * Queues a build for the label and waits for the first line of its shell. Everything is read in the controller's own process, so
 * that no request of ours is counted or slows it down.
 */
export async function practiceBuild(controller: PracticeController, label: string): Promise<PracticeBuild> {
  const job = `bench-${++builds}`
  controller.createJob(job, {
    kind: 'pipeline',
    script: `node('${label}') { sh 'echo line-$((40 + 2)); sleep 1' }`,
  })
  const queuedAtMs = Date.now()
  controller.build(job)
  const build = (): Build | undefined => controller.state.jobs.get(job)?.builds[0]
  await until(`${job} prints a line`, () => build()?.console.includes('line-42'), {
    withinMs: 60_000,
    everyMs: 5,
  })
  return {
    queuedAtMs,
    firstLineAtMs: Date.now(),
    ended: async () => {
      const { result } = await until(`${job} ends`, () => isOver(build()), { withinMs: 60_000 })
      if (result !== 'SUCCESS') throw new Error(`${job} ended with ${result}: ${build()?.console}`)
    },
  }
}

function isOver(build: Build | undefined): Build | undefined {
  return build && !build.building ? build : undefined
}
