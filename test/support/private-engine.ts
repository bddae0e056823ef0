import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerHost } from '../../core/container-host.ts'
import { connectDockerHost } from '../../core/docker.ts'
import { run } from '../../core/process.ts'
import { until } from './until.ts'

/** A Docker Engine of one's own, which a test may kill and start again without disturbing anybody. */
export interface PrivateEngine {
  /** As DOCKER_HOST has it. */
  address: string
  host: ContainerHost
  /** Folder of its volumes. */
  dataRoot: string
  /** SIGTERM: it stops its containers first, as on a reboot. SIGKILL: it finds them running, and ends them when it starts. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  start(): Promise<void>
  /** Ends it and all that it has started, and removes its files. */
  dispose(): Promise<void>
}

/**
 * Starts dockerd with folders, socket, containerd and network namespace of its own. In the one of this machine it would take docker0 away
 * from the engine that is there (moby daemon_unix.go, removeDefaultBridgeInterface). Needs root.
 */
export async function privateEngine(secondNumber: number): Promise<PrivateEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'footman-engine-'))
  const address = `unix://${folder}/docker.sock`
  const dataRoot = join(folder, 'data')
  const execRoot = join(folder, 'exec')
  const words = [
    ...['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'],
    'dockerd',
    `--host=${address}`,
    `--data-root=${dataRoot}`,
    `--exec-root=${execRoot}`,
    `--pidfile=${folder}/docker.pid`,
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
    '--ip-masq=false',
    '--userland-proxy=false',
    '--shutdown-timeout=5',
    `--default-address-pool=base=10.${secondNumber}.0.0/16,size=24`,
    `--containerd-namespace=footman-${secondNumber}`,
    `--containerd-plugins-namespace=footman-${secondNumber}-plugins`,
  ]
  let daemon: ChildProcess | undefined

  const answers = async () => {
    try {
      return await connectDockerHost({ host: address, timeoutMs: 2_000 })
    } catch {
      return undefined
    }
  }
  const start = async () => {
    const [program = '', ...args] = words
    // The kernel ends containerd with a killed daemon; where nobody reaps it, its pid looks alive for ever.
    await rm(join(execRoot, 'containerd/containerd.pid'), { force: true })
    const log = openSync(join(folder, 'log'), 'a')
    daemon = spawn(program, args, { stdio: ['ignore', log, log], detached: true })
    try {
      await until('the private engine answers', answers, { withinMs: 60_000 })
    } catch (cause) {
      const text = await readFile(join(folder, 'log'), 'utf8')
      throw new Error(`the private engine did not start: ${text.slice(-2_000)}`, { cause })
    }
  }
  const stop = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return
    const exit = once(daemon, 'exit')
    daemon.kill(signal)
    await exit
  }
  await start()
  return {
    address,
    host: await connectDockerHost({ host: address }),
    dataRoot,
    stop,
    start,
    async dispose() {
      await stop('SIGTERM')
      await endLeftovers(folder)
      const mounts = (await readFile('/proc/self/mounts', 'utf8'))
        .split('\n')
        .map((line) => line.split(' ')[1] ?? '')
      for (const mount of mounts.filter((path) => path.startsWith(folder)).reverse()) {
        await run(['umount', '-l', mount], { timeoutMs: 10_000 })
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What a killed daemon leaves running: its containerd and the shims of containers, known by the folder in their command lines. */
async function endLeftovers(folder: string): Promise<void> {
  const { stdout } = await run(['pgrep', '-f', folder], { timeoutMs: 10_000 })
  for (const pid of stdout.split('\n').map(Number)) {
    if (!pid || pid === process.pid) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
}
