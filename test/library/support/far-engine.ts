import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../../support/until.ts'

const run = promisify(execFile)

export interface FarEngine {
  /** As DOCKER_HOST wants it. */
  host: string
  /** Runs docker against it; returns what it prints, without the last line break. */
  docker(...words: string[]): Promise<string>
  /** Removes every image that it has. */
  empty(): Promise<void>
  stop(): Promise<void>
}

/**
 * A Docker Engine of its own, empty: the one of another machine, until it is stopped. It lives in a network of its own, so it
 * leaves the bridges of this machine alone; containers cannot be started there.
 */
export async function startFarEngine(): Promise<FarEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'footman-far-'))
  const place = (name: string) => join(folder, name)
  const host = `unix://${place('docker.sock')}`
  const child = spawn(
    'unshare',
    [
      ...['--net', '--', 'dockerd', `--host=${host}`, `--data-root=${place('data')}`],
      ...[`--exec-root=${place('exec')}`, `--pidfile=${place('pid')}`, '--bridge=none'],
      ...['--iptables=false', '--ip6tables=false', '--storage-driver=overlay2', '--shutdown-timeout=1'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let words = ''
  child.stderr.on('data', (chunk) => (words += String(chunk)))
  const gone = once(child, 'exit')
  const docker = async (...args: string[]) =>
    (await run('docker', args, { env: { ...process.env, DOCKER_HOST: host } })).stdout.trim()
  await until(
    'the far engine answers',
    async () => {
      if (child.exitCode !== null) throw new Error(`dockerd ended: ${words.slice(-2000)}`)
      return docker('version', '--format', '{{.Server.Version}}').catch(() => undefined)
    },
    { withinMs: 60_000 },
  )
  return {
    host,
    docker,
    async empty() {
      const ids = (await docker('images', '-aq')).split('\n').filter((id) => id !== '')
      if (ids.length > 0) await docker('rmi', '--force', ...new Set(ids)).catch(() => undefined)
    },
    async stop() {
      child.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}
