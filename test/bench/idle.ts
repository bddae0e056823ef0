import { setTimeout as delay } from 'node:timers/promises'
import type { PracticeController } from '../../jenkins/practice/controller.ts'
import { AgentHome } from '../e2e/agent-process.ts'
import type { Bench } from './bench.ts'
import { bareNodeMb, residentMb } from './resident.ts'

/** Until then the daemon has registered its node and found nothing to do. */
const settleMs = 12_000
const watchMs = 75_000
const minuteMs = 60_000

/** What a daemon costs its machine and its controller while nothing is to be done. */
export const idle: Bench = {
  name: 'idle',
  needsEngine: true,
  async run({ say, stage: set, defer }) {
    const stage = await set()
    const home = await AgentHome.create(stage, `${stage.prefix}-idle`)
    defer(() => home.remove())
    const agent = await home.lend()
    say(`a daemon that has nothing to do is watched for ${(settleMs + watchMs) / 1000} s`)
    await delay(settleMs)
    stage.controller.requests.clear()
    await delay(watchMs)
    const resident = await residentMb(agent.pid)
    return [
      {
        what: 'resident memory (VmRSS)',
        value: resident,
        unit: 'MB',
        target: { atMost: 80 },
        baseline: { what: 'a Node.js that does nothing', value: await bareNodeMb() },
      },
      {
        what: 'requests to the controller in the busiest minute',
        value: busiestMinute(stage.controller),
        unit: 'requests',
        target: { atMost: 6 },
      },
    ]
  },
}

function busiestMinute({ requests }: PracticeController): number {
  const times = requests.latest.map(({ atMs }) => atMs)
  const within = (fromMs: number) => times.filter((atMs) => atMs >= fromMs && atMs < fromMs + minuteMs).length
  return Math.max(0, ...times.map(within))
}
