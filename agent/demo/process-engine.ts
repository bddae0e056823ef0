import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { arch, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import type {
  ContainerEngine,
  ContainerSpec,
  ContainerState,
  EngineInfo,
} from '../../core/container-engine.ts'
import { RemoteError, UserError } from '../../core/errors.ts'

interface Pretence {
  spec: ContainerSpec
  state: ContainerState
  /** Stands for the container's root: its absolute paths are looked up below it. */
  root: string
  child: ChildProcess | undefined
  output: string
  ended: Promise<void>
}

/** Output that is kept for `logs`. */
const keptCharacters = 64 * 1024

/**
 * A container engine for machines without one: each container is a plain process of this user, without limits and without walls.
 * It exists for the demonstration, whose builds are our own, and says so in its name. State is lost with this process,
 * which therefore ends every child it started: call `close`.
 */
export class ProcessEngine implements ContainerEngine {
  readonly #containers = new Map<string, Pretence>()

  async info(): Promise<EngineInfo> {
    return {
      name: 'plain processes',
      version: process.version,
      apiVersion: '-',
      os: process.platform,
      arch: arch() === 'x64' ? 'amd64' : arch(),
      cpus: cpus().length,
      memoryBytes: totalmem(),
      rootless: true,
      enforces: { cpu: false, memory: false, pids: false },
      dataRoot: undefined,
    }
  }

  async image(reference: string) {
    const { os, arch: architecture } = await this.info()
    return { id: reference, user: '', os, arch: architecture, sizeBytes: 0 }
  }

  pull(): Promise<void> {
    return refuse('pull images')
  }

  importImage(): Promise<string> {
    return refuse('import images')
  }

  async removeImage(): Promise<void> {}

  async removeVolume(): Promise<void> {}

  async list(labels: Record<string, string>): Promise<ContainerState[]> {
    const wanted = Object.entries(labels)
    const all = [...this.#containers.values()].map(({ state }) => state)
    return all.filter((state) => wanted.every(([key, value]) => state.labels[key] === value))
  }

  async inspect(id: string): Promise<ContainerState | undefined> {
    return this.#containers.get(id)?.state
  }

  async create(spec: ContainerSpec): Promise<string> {
    if ([...this.#containers.values()].some(({ spec: { name } }) => name === spec.name)) {
      throw new RemoteError('conflict', `a container called ${spec.name} exists`)
    }
    const id = randomUUID()
    const root = await mkdtemp(join(tmpdir(), 'footman-demo-'))
    const { name, image, labels, nanoCpus, memoryBytes } = spec
    const state: ContainerState = {
      id,
      name,
      image,
      labels,
      status: 'created',
      createdAtMs: Date.now(),
      startedAtMs: undefined,
      exitCode: undefined,
      oomKilled: false,
      nanoCpus,
      memoryBytes,
    }
    this.#containers.set(id, { spec, state, root, child: undefined, output: '', ended: Promise.resolve() })
    return id
  }

  async putFiles(
    id: string,
    directory: string,
    files: Parameters<ContainerEngine['putFiles']>[2],
  ): Promise<void> {
    const { root } = this.#existing(id)
    for (const { name, kind, content, mode } of files) {
      const path = join(root, directory, name)
      if (kind === 'link') continue
      await mkdir(kind === 'directory' ? path : join(path, '..'), { recursive: true })
      if (kind === 'directory') continue
      await writeFile(path, content, { mode })
      await chmod(path, mode)
    }
  }

  async readFile(id: string, path: string): Promise<Buffer | undefined> {
    return await readFile(join(this.#existing(id).root, path)).catch(() => undefined)
  }

  async start(id: string): Promise<void> {
    const container = this.#existing(id)
    const [, ...given] = [...container.spec.entrypoint, ...container.spec.command]
    const words = given.map((word) => this.#onThisMachine(word, container))
    const child = spawn(process.execPath, javaArguments(words), {
      cwd: container.root,
      env: { ...container.spec.env, PATH: process.env.PATH, HOME: container.root },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const keep = (chunk: Buffer) => {
      container.output = (container.output + chunk.toString()).slice(-keptCharacters)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    container.child = child
    container.state = { ...container.state, status: 'running', startedAtMs: Date.now() }
    container.ended = new Promise((resolve) => {
      child.once('error', resolve)
      child.once('exit', resolve)
    }).then(() => {
      const exitCode = child.exitCode ?? 128
      container.state = { ...container.state, status: 'exited', exitCode }
    })
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    const container = this.#containers.get(id)
    if (!container?.child) return
    signalGroup(container.child, 'SIGTERM')
    const timer = setTimeout(
      () => container.child && signalGroup(container.child, 'SIGKILL'),
      graceSeconds * 1000,
    )
    await container.ended
    clearTimeout(timer)
  }

  async remove(id: string): Promise<void> {
    const container = this.#containers.get(id)
    if (!container) return
    // An agent that is asked to end takes its tasks along, which live in process groups of their own.
    await this.stop(id, 2)
    await rm(container.root, { recursive: true, force: true, maxRetries: 5 })
    this.#containers.delete(id)
  }

  async logs(id: string, tailLines: number): Promise<string> {
    return this.#existing(id).output.split('\n').slice(-tailLines).join('\n')
  }

  /** Ends every process and removes every folder. */
  async close(): Promise<void> {
    await Promise.all([...this.#containers.keys()].map((id) => this.remove(id)))
  }

  #existing(id: string): Pretence {
    const container = this.#containers.get(id)
    if (!container) throw new RemoteError('not-found', `there is no container ${id}`)
    return container
  }

  /** A word of the command line with the container's paths turned into paths of this machine. */
  #onThisMachine(word: string, { spec, root }: Pretence): string {
    const mount = spec.mounts.find(({ kind, target }) => kind === 'bind' && word === target)
    if (mount?.kind === 'bind') return mount.source
    if (word.startsWith('@/')) return `@${join(root, word.slice(1))}`
    return word.startsWith('/') ? join(root, word) : word
  }
}

/** `-jar FILE …` with options of a JVM in front, as node wants it: the practice agent is a JavaScript file. */
function javaArguments(words: readonly string[]): string[] {
  return words.slice(words.indexOf('-jar') + 1)
}

/** A process that is gone is as good as one that was told to go. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    child.kill(signal)
  }
}

function refuse(what: string): never {
  throw new UserError(`plain processes cannot ${what}`, { hint: 'install Docker for real containers' })
}
