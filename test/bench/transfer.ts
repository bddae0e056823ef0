import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { shippedFile } from '../../core/package.ts'
import { runOrThrow } from '../../core/process.ts'
import { startFarEngine } from '../library/support/far-engine.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import type { Bench, Figure, Workbench } from './bench.ts'

const timeoutMs = 300_000
const [first, second] = ['footman-bench/app:1', 'footman-bench/app:2'] as const

/** What the second version of an image costs on a thin link: as a whole, through the pool, and as a patch. */
export const transfer: Bench = {
  name: 'transfer',
  needsEngine: true,
  async run({ say, defer }): Promise<Figure[]> {
    const folder = await mkdtemp(join(tmpdir(), 'footman-bench-'))
    defer(() => rm(folder, { recursive: true, force: true }))
    defer(() => runOrThrow(['docker', 'rmi', '--force', first, second], { timeoutMs }))
    say('two versions of an image, the second with every twentieth file edited')
    await bash(makeVersions, folder, first, second)
    const zipped = await timed(() => bash('docker save "$1" | gzip | wc -c', second))
    const figures: Figure[] = []
    const figure = (what: string, { bytes, tookMs }: { bytes: number; tookMs: number }) => {
      figures.push(
        {
          what,
          value: bytes,
          unit: 'bytes',
          target: { atMost: Number(zipped.result) / 10 },
          baseline: { what: 'docker save | gzip', value: Number(zipped.result) },
        },
        {
          what: `${what}: the time`,
          value: tookMs,
          unit: 'ms',
          baseline: { what: 'docker save | gzip', value: zipped.tookMs },
        },
      )
    }

    say('into the pool, and from one pool to the other')
    const pool = join(folder, 'pool')
    const to = join(folder, 'other')
    await step('poolImage', { action: 'save', pool, image: first })
    await step('poolImage', { action: 'sync', pool, to })
    const saved = await timed(() => step('poolImage', { action: 'save', pool, image: second }))
    const synced = await timed(() => step('poolImage', { action: 'sync', pool, to }))
    figure('second version: by which the pool grows', {
      bytes: Number(saved.result.newBytes),
      tookMs: saved.tookMs,
    })
    figure('second version: sync of the pool', { bytes: Number(synced.result.bytes), tookMs: synced.tookMs })

    say('as a patch, to an engine that has the first version')
    const far = await startFarEngine()
    defer(far.stop)
    await bash('docker save "$1" | DOCKER_HOST=$2 docker load', first, far.host)
    const host = await sshd(join(folder, 'sshd'), far.host, defer)
    const patched = await timed(() =>
      step('poolImage', { action: 'patch', image: second, base: first, ...host }),
    )
    figure('second version: as a patch', { bytes: Number(patched.result.newBytes), tookMs: patched.tookMs })
    return figures
  },
}

/** 150 MB of this machine as they are, and with every twentieth file edited; the others keep the time of their last change. */
const makeVersions = `
set -euo pipefail
root=$1/root
mkdir "$root"
find /usr/bin /usr/lib /usr/share -xdev -type f -size -20M -printf '%s %p\\n' 2>/dev/null | sort -k 2 |
  awk '{ total += $1; sub(/^[0-9]+ /, "") } total <= 150e6' | tar -c --files-from=- 2>/dev/null | tar -x -C "$root"
pack() { tar -C "$root" --sort=name -c . | docker import --change 'CMD ["sh"]' - "$1" >/dev/null; }
pack "$2"
find "$root" -type f | sort | awk 'NR % 20 == 0' | while IFS= read -r file; do echo "# edited" >>"$file"; done
pack "$3"
rm -rf "$root"
`

async function bash(script: string, ...words: string[]): Promise<string> {
  return (await runOrThrow(['bash', '-o', 'pipefail', '-c', script, 'bench', ...words], { timeoutMs })).stdout
}

async function step(
  name: string,
  parameters: Readonly<Record<string, string | number>>,
): Promise<Record<string, unknown>> {
  const words = Object.entries(parameters).flatMap(([key, value]) => ['--param', `${key}=${value}`])
  const { stdout } = await runOrThrow(
    ['node', shippedFile('dist/cli.js'), 'library', 'run', name, '--json', ...words],
    { timeoutMs },
  )
  return JSON.parse(stdout)
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startedAt = performance.now()
  return { result: await work(), tookMs: performance.now() - startedAt }
}

/** How a step reaches it. */
interface FarHost {
  [parameter: string]: string | number
}

/** Debian's own sshd on loopback, whose docker is that of the far engine. */
async function sshd(folder: string, engine: string, defer: Workbench['defer']): Promise<FarHost> {
  await mkdir(folder)
  const key = join(folder, 'key')
  for (const file of [key, join(folder, 'host')]) {
    await runOrThrow(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file], { timeoutMs })
  }
  const port = await freePort()
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${key}.pub`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    `SetEnv DOCKER_HOST=${engine} PATH=${process.env.PATH ?? ''}`,
  ]
  await writeFile(join(folder, 'sshd_config'), `${settings.join('\n')}\n`)
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true })
  const server: ChildProcess = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  defer(async () => void server.kill('SIGKILL'))
  let words = ''
  server.stderr?.on('data', (chunk) => (words += String(chunk)))
  await until('sshd listens', () => words.includes('Server listening on'))
  return {
    host: '127.0.0.1',
    port,
    login: `${userInfo().username}@file:${key}`,
    hostKeys: (await readFile(join(folder, 'host.pub'), 'utf8')).trim(),
  }
}
