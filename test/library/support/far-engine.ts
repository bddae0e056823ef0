import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { privateEngine } from '../../support/private-engine.ts'

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
  const { address, dispose } = await privateEngine(215)
  const docker = async (...args: string[]) =>
    (await run('docker', args, { env: { ...process.env, DOCKER_HOST: address } })).stdout.trim()
  return {
    host: address,
    docker,
    async empty() {
      const ids = (await docker('images', '-aq')).split('\n').filter((id) => id !== '')
      if (ids.length > 0) await docker('rmi', '--force', ...new Set(ids)).catch(() => undefined)
    },
    stop: dispose,
  }
}
