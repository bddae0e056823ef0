import { setTimeout as delay } from 'node:timers/promises'
import { connectDocker } from '../../core/docker.ts'
import { AgentHome } from '../e2e/agent-process.ts'
import { until } from '../support/until.ts'
import type { Bench } from './bench.ts'
import { containersOf } from './containers.ts'
import { practiceBuild } from './practice-build.ts'
import { residentMb } from './resident.ts'

const firstBuilds = 5
const moreBuilds = 20
/** V8 gives memory back some time after the work that took it. */
const settleMs = 40_000

/** Whether a daemon grows with the builds that went through it: the first ones load what idling does not need. */
export const growth: Bench = {
  name: 'growth',
  needsEngine: true,
  async run({ say, stage: set, defer }) {
    const stage = await set()
    const machine = `${stage.prefix}-growth`
    const home = await AgentHome.create(stage, machine, { container: { keepIdle: '0s' } })
    defer(() => home.remove())
    const engine = await connectDocker()
    const agent = await home.lend()
    const serve = async (builds: number) => {
      say(
        `${builds} builds, one after the other, each in a container of its own; then ${settleMs / 1000} s of rest`,
      )
      for (let build = 0; build < builds; build++) {
        await (await practiceBuild(stage.controller, machine)).ended()
        await until('its container is gone', async () => (await containersOf(engine, home)).length === 0)
      }
      await delay(settleMs)
      return await residentMb(agent.pid)
    }
    const before = await serve(firstBuilds)
    const after = await serve(moreBuilds)
    return [
      {
        what: `resident memory after ${moreBuilds} more builds`,
        value: after,
        unit: 'MB',
        target: { atMost: before + 4 },
        baseline: { what: `after the first ${firstBuilds}`, value: before },
      },
    ]
  },
}
