import { setTimeout as delay } from 'node:timers/promises'
import { connectDocker } from '../../core/docker.ts'
import { AgentHome } from '../e2e/agent-process.ts'
import { until } from '../support/until.ts'
import type { Bench } from './bench.ts'
import { containersOf } from './containers.ts'
import { practiceBuild } from './practice-build.ts'
import { residentMb } from './resident.ts'
import { median } from './sampling.ts'

const builds = 20
/** Memory goes up and down with the garbage in it; a daemon that keeps 200 kB of every build exceeds this. */
const toleranceMb = 4
/** It looks often, so that the builds follow each other quickly, and keeps no container. */
const settings = { container: { keepIdle: '0s' }, poll: { busy: '200ms', idle: '500ms' } }

/** Whether a daemon grows with the builds that go through it. */
export const growth: Bench = {
  name: 'growth',
  needsEngine: true,
  async run({ say, stage: set, defer }) {
    const stage = await set()
    const machine = `${stage.prefix}-growth`
    const home = await AgentHome.create(stage, machine, settings)
    defer(() => home.remove())
    const engine = await connectDocker()
    const agent = await home.lend()

    /** What it takes while it serves the builds. */
    const serve = async () => {
      const watch = watchMemory(agent.pid)
      for (let build = 0; build < builds; build++) {
        await (await practiceBuild(stage.controller, machine)).ended()
        await until('its container is gone', async () => (await containersOf(engine, home)).length === 0)
      }
      return median(await watch.end())
    }
    say(`three times ${builds} builds, one after the other, each in a container of its own`)
    await serve() // the first load what idling does not need, and have V8 compile what is used often
    const before = await serve()
    const after = await serve()
    return [
      {
        what: `resident memory in builds ${2 * builds + 1} to ${3 * builds}, median`,
        value: after,
        unit: 'MB',
        target: { atMost: before + toleranceMb },
        baseline: { what: `in the ${builds} before`, value: before },
      },
    ]
  },
}

function watchMemory(pid: number): { end(): Promise<number[]> } {
  const samples: number[] = []
  let isOver = false
  const watch = async () => {
    while (!isOver) {
      // When the daemon is gone, the build that waits for it tells the story.
      samples.push(await residentMb(pid).catch(() => Number.NaN))
      await delay(200)
    }
    return samples
  }
  const watched = watch()
  return {
    end: () => {
      isOver = true
      return watched
    },
  }
}
