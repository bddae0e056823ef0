import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shippedFile } from '../../core/package.ts'
import { runOrThrow } from '../../core/process.ts'
import { openGate, type TcpGate } from '../library/support/open-gate.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import type { Bench, Figure, Workbench } from './bench.ts'

const rounds = 3
const timeoutMs = 300_000

/** Promoting an image from registry to registry, by the step and by pulling, tagging and pushing it. */
export const promotion: Bench = {
  name: 'promotion',
  needsEngine: true,
  async run({ say, defer }): Promise<Figure[]> {
    const folder = await mkdtemp(join(tmpdir(), 'footman-bench-'))
    defer(() => rm(folder, { recursive: true, force: true }))
    const dev = await registry(join(folder, 'dev'), defer)
    const source = `${dev}/team/app:1`
    say('an image of 300 MB of this machine')
    const digest = await makeImage(source)
    // Each time to a registry of its own: tools remember which repositories of a registry have which blobs.
    const emptyRegistry = async (name: string) => {
      const gate = await openGate(await registry(join(folder, name), defer))
      defer(async () => gate.close())
      return gate
    }
    const promoteTo = (gate: TcpGate, target: string) =>
      measured(gate, () => promote(dev, gate.host, digest, target))
    const carryTo = (gate: TcpGate, target: string) =>
      measured(gate, () => pullTagPush(source, `${gate.host}/${target}`))
    const steps: Measure[] = []
    const byHand: Measure[] = []
    const again: Measure[] = []
    const againByHand: Measure[] = []
    say(
      `promoted ${rounds} times by the step, and by docker pull, tag and push; then once more under another tag`,
    )
    for (let round = 0; round < rounds; round++) {
      const ours = await emptyRegistry(`step-${round}`)
      const theirs = await emptyRegistry(`hand-${round}`)
      steps.push(await promoteTo(ours, 'app:1'))
      byHand.push(await carryTo(theirs, 'app:1'))
      again.push(await promoteTo(ours, 'app:2'))
      againByHand.push(await carryTo(theirs, 'app:2'))
    }
    const time = (all: readonly Measure[]) => median(all.map(({ tookMs }) => tookMs))
    const sent = (all: readonly Measure[]) => median(all.map((one) => one.sent))
    const hand = 'docker pull, tag, push'
    return [
      {
        what: 'promote 300 MB of files to a registry that has nothing of it, process start to exit',
        value: time(steps),
        unit: 'ms',
        baseline: { what: hand, value: time(byHand) },
      },
      {
        what: "docker's time for the time of promoteImage",
        value: time(byHand) / time(steps),
        unit: 'times',
        target: { atLeast: 3 },
      },
      {
        what: 'bytes to that registry',
        value: sent(steps),
        unit: 'bytes',
        baseline: { what: hand, value: sent(byHand) },
      },
      {
        what: 'promote it where all of it is there already',
        value: time(again),
        unit: 'ms',
        baseline: { what: hand, value: time(againByHand) },
      },
      {
        what: 'bytes of blobs to that registry',
        value: median(again.map(({ result }) => result.bytes)),
        unit: 'bytes',
        target: { atMost: 0 },
      },
      {
        what: 'bytes to it all the same: requests and manifests',
        value: sent(again),
        unit: 'bytes',
        target: { atMost: 30_000 },
        baseline: { what: hand, value: sent(againByHand) },
      },
    ]
  },
}

/** Programs and libraries as images have them: 300 MB before they are compressed. Returns the digest that it has in the registry. */
async function makeImage(reference: string): Promise<string> {
  const script = `
set -euo pipefail
find /usr/bin /usr/lib /usr/share -xdev -type f -size -20M -printf '%s %p\\n' 2>/dev/null | sort -k 2 |
  awk '{ total += $1; sub(/^[0-9]+ /, "") } total <= 300e6' |
  tar -c --files-from=- 2>/dev/null | docker import - "$1" >/dev/null
docker push "$1" | grep -o 'sha256:[0-9a-f]\\{64\\}'
docker rmi "$1" >/dev/null`
  const { stdout } = await runOrThrow(['bash', '-c', script, 'bench', reference], { timeoutMs })
  return stdout.trim()
}

interface Measure {
  tookMs: number
  sent: number
  result: { bytes: number }
}

async function measured(gate: TcpGate, work: () => Promise<{ bytes: number }>): Promise<Measure> {
  const before = gate.sent()
  const startedAt = performance.now()
  const result = await work()
  return { tookMs: performance.now() - startedAt, sent: gate.sent() - before, result }
}

async function promote(
  dev: string,
  prod: string,
  digest: string,
  target: string,
): Promise<{ bytes: number }> {
  const parameters = {
    source: `${dev}/team/app@${digest}`,
    target: `${prod}/${target}`,
  }
  const words = Object.entries(parameters).flatMap(([name, value]) => ['--param', `${name}=${value}`])
  const plain = [dev, prod].flatMap((host) => ['--param', `plainHttp=${host}`])
  const { stdout } = await runOrThrow(
    ['node', shippedFile('dist/cli.js'), 'library', 'run', 'promoteImage', '--json', ...words, ...plain],
    { timeoutMs },
  )
  return { bytes: Number(JSON.parse(stdout).bytes) }
}

/** What a Pipeline does without the step, on an agent that does not have the image yet. */
async function pullTagPush(source: string, target: string): Promise<{ bytes: number }> {
  const docker = (...words: string[]) => runOrThrow(['docker', ...words], { timeoutMs })
  await docker('pull', '--quiet', source)
  await docker('tag', source, target)
  await docker('push', '--quiet', target)
  await docker('rmi', '--force', source, target)
  return { bytes: 0 }
}

/** Debian's docker-registry with an empty store; returns host:port. */
async function registry(folder: string, defer: Workbench['defer']): Promise<string> {
  await mkdir(folder)
  const host = `127.0.0.1:${await freePort()}`
  const settings = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'store') } },
    http: { addr: host },
  }
  await writeFile(join(folder, 'registry.yml'), JSON.stringify(settings))
  const child: ChildProcess = spawn('docker-registry', ['serve', join(folder, 'registry.yml')], {
    stdio: 'ignore',
  })
  const gone = once(child, 'exit').catch(() => undefined)
  defer(async () => {
    child.kill('SIGKILL')
    await gone
  })
  await until('the registry answers', async () => {
    if (child.pid === undefined) throw new Error('docker-registry is needed: apt-get install docker-registry')
    return fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    )
  })
  return host
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
