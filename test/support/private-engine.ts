import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerHost } from '../../core/container-host.ts'
import { connectDockerHost } from '../../core/docker.ts'
import { run, runOrThrow } from '../../core/process.ts'
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
 * Starts dockerd with folders, socket, containerd, default bridge and address range of its own, without touching iptables.
 * Needs root. Its networks are in 10.`secondNumber`.0.0/16.
 */
export async function privateEngine(secondNumber: number): Promise<PrivateEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'footman-engine-'))
  const address = `unix://${folder}/docker.sock`
  const dataRoot = join(folder, 'data')
  const execRoot = join(folder, 'exec')
  // Without any bridge a dockerd removes docker0, which belongs to the engine of this machine.
  const bridge = `footman${secondNumber}`
  await removeBridge(bridge)
  await runOrThrow(['ip', 'link', 'add', bridge, 'type', 'bridge'], { timeoutMs: 10_000 })
  await runOrThrow(['ip', 'address', 'add', `10.${secondNumber}.255.1/24`, 'dev', bridge], {
    timeoutMs: 10_000,
  })
  await runOrThrow(['ip', 'link', 'set', bridge, 'up'], { timeoutMs: 10_000 })
  const words = [
    'dockerd',
    `--host=${address}`,
    `--data-root=${dataRoot}`,
    `--exec-root=${execRoot}`,
    `--pidfile=${folder}/docker.pid`,
    `--bridge=${bridge}`,
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
      await removeBridges(secondNumber)
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

/** Gone already is fine. */
async function removeBridge(bridge: string): Promise<void> {
  await run(['ip', 'link', 'delete', bridge], { timeoutMs: 10_000 })
}

/** Also those of networks that nobody removed: known by their addresses. */
async function removeBridges(secondNumber: number): Promise<void> {
  const { stdout } = await run(['ip', '-o', '-4', 'address', 'show'], { timeoutMs: 10_000 })
  for (const line of stdout.split('\n')) {
    const [, name, address] = /^\d+: (\S+) +inet (\S+)/.exec(line) ?? []
    if (name !== undefined && address?.startsWith(`10.${secondNumber}.`)) await removeBridge(name)
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
