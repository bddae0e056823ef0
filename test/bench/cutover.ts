import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { shippedFile } from '../../core/package.ts'
import { run } from '../../core/process.ts'
import { type Backend, type Front, startFront } from '../library/support/front.ts'
import { type LoadReport, startLoad } from '../library/support/load.ts'
import type { Bench, Figure, Workbench } from './bench.ts'
import { median } from './sampling.ts'

const rounds = 5
const perSecond = 100
/** Short for a real app, and so in favour of stop-then-start. */
const startsMs = 1000

/** What clients see of a new version: by the step cutover, and by stopping the old one and starting the new one. */
export const cutover: Bench = {
  name: 'cutover',
  needsEngine: false,
  async run(bench) {
    if (!(await has('nginx', 'etcd', 'etcdctl', 'curl'))) {
      bench.say('nothing of it is measured: apt-get install nginx etcd-server etcd-client curl')
      return []
    }
    const folder = await mkdtemp(join(tmpdir(), 'footman-bench-'))
    bench.defer(() => rm(folder, { recursive: true, force: true }))
    const front = await startFront(folder)
    bench.defer(() => front.close())
    const first = await front.backend('first')
    await cutOver(front, first)
    await front.serve()
    return measure(front, first, bench)
  },
}

async function measure(front: Front, first: Backend, { say }: Workbench): Promise<Figure[]> {
  say(`${rounds} new versions by cutover, with ${perSecond} requests a second`)
  const times: number[] = []
  let serving = first
  const ours = await underLoad(front.url, async () => {
    for (let round = 0; round < rounds; round++) {
      const next = await front.backend(`round-${round}`, { startsMs })
      times.push(await cutOver(front, next, serving))
      serving = next
    }
  })
  say(`${rounds} new versions by stopping and starting, with the same requests`)
  const theirs = await underLoad(front.url, async () => {
    for (let round = 0; round < rounds; round++) {
      const port = Number(serving.address.split(':')[1])
      await serving.kill()
      serving = await front.backend(`again-${round}`, { port, startsMs })
      await delay(500)
    }
  })
  const what = 'stop, then start'
  return [
    {
      what: `time in which requests failed, per new version of an app that starts in ${startsMs / 1000} s`,
      value: ours.unavailableMs / 1000 / rounds,
      unit: 's',
      target: { atMost: 0 },
      baseline: { what, value: theirs.unavailableMs / 1000 / rounds },
    },
    {
      what: `requests that failed, of ${ours.sent}`,
      value: ours.failures.length,
      unit: 'requests',
      target: { atMost: 0 },
      baseline: { what: `${what}, of ${theirs.sent}`, value: theirs.failures.length },
    },
    { what: 'one cutover, process start to exit, median', value: median(times), unit: 's' },
  ]
}

/** What a constant load sees while something happens. */
async function underLoad(url: string, happen: () => Promise<void>): Promise<LoadReport> {
  const load = startLoad(url, perSecond)
  await delay(500)
  await happen()
  await delay(500)
  return load.stop()
}

/** `footman library run cutover`, as anybody would; returns how long that took, in s. Throws when it fails. */
async function cutOver(front: Front, next: Backend, old?: Backend): Promise<number> {
  const given = {
    ...front.parameters,
    newBackends: next.address,
    ...(old && { stopCommand: `kill ${old.pid}` }),
  }
  const words = Object.entries(given).flatMap(([name, value]) => ['--param', `${name}=${String(value)}`])
  const startedAt = performance.now()
  const { exitCode, stderr } = await run(
    ['node', shippedFile('dist/cli.js'), 'library', 'run', 'cutover', ...words],
    {
      timeoutMs: 120_000,
    },
  )
  if (exitCode !== 0) throw new Error(`the cutover ended with ${exitCode}: ${stderr}`)
  return (performance.now() - startedAt) / 1000
}

async function has(...programs: readonly string[]): Promise<boolean> {
  const { exitCode } = await run(['bash', '-c', 'type -P "$@" >/dev/null', 'has', ...programs], {
    timeoutMs: 5000,
  })
  return exitCode === 0
}
