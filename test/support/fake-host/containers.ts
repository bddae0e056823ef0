import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { type Duplex, Readable } from 'node:stream'
import { extract, pack } from 'tar-stream'
import type {
  ContainerHost,
  ExecResult,
  ExecSpec,
  JsonObject,
  LayerChange,
  RawContainer,
} from '../../../core/container-host.ts'
import { RemoteError, UserError } from '../../../core/errors.ts'
import { endpointOf, type FakeContainer, madeContainer } from './container.ts'
import type { FakeImages } from './images.ts'
import { listOf, objectOf, textOf, textsOf } from './json.ts'
import type { FakePlaces, Tenants } from './places.ts'

type ContainerCalls =
  | 'inspect'
  | 'list'
  | 'create'
  | 'rename'
  | 'setRestartPolicy'
  | 'start'
  | 'stop'
  | 'remove'
  | 'wait'
  | 'logs'
  | 'changes'
  | 'getArchive'
  | 'putArchive'
  | 'exec'
  | 'openExec'

export interface ContainersParts {
  images: FakeImages
  places: FakePlaces
  now: () => number
  apiVersion: string
}

type Listener = (container: RawContainer) => void
type ExecAnswer = (container: RawContainer, spec: ExecSpec) => ExecResult | Promise<ExecResult>
type StreamAnswer = (container: RawContainer, command: readonly string[]) => Duplex | Promise<Duplex>

const terminated = 143
const killed = 137

/** The containers of the fake. */
export class FakeContainers implements Tenants {
  readonly #parts: ContainersParts
  readonly #containers = new Map<string, FakeContainer>()
  readonly #changes = new Map<string, LayerChange[]>()
  readonly #startListeners: Listener[] = []
  readonly #endListeners: Listener[] = []
  #exec: ExecAnswer = () => ({ code: 0, stdout: '', stderr: '' })
  #openExec: StreamAnswer = () => {
    throw new RemoteError('unreachable', 'nothing listens in this container')
  }
  #made = 0

  constructor(parts: ContainersParts) {
    this.#parts = parts
  }

  all(): RawContainer[] {
    return [...this.#containers.values()].map(({ raw }) => structuredClone(raw))
  }

  uses(image: string): boolean {
    return [...this.#containers.values()].some(({ raw }) => raw.Image === image)
  }

  onStart(listener: Listener): void {
    this.#startListeners.push(listener)
  }

  onEnd(listener: Listener): void {
    this.#endListeners.push(listener)
  }

  onExec(answer: ExecAnswer): void {
    this.#exec = answer
  }

  onOpenExec(answer: StreamAnswer): void {
    this.#openExec = answer
  }

  setChanges(container: string, changes: LayerChange[]): void {
    this.#changes.set(this.#get(container).raw.Id, changes)
  }

  say(container: string, text: string): void {
    this.#get(container).log += text
  }

  exit(container: string, code: number): void {
    const found = this.#get(container)
    this.#end(found, code)
    const policy = objectOf(found.raw.HostConfig.RestartPolicy)
    const isAgain =
      policy.Name === 'always' ||
      policy.Name === 'unless-stopped' ||
      (policy.Name === 'on-failure' &&
        code !== 0 &&
        Number(found.raw.RestartCount) < (Number(policy.MaximumRetryCount) || Number.POSITIVE_INFINITY))
    if (!isAgain || !this.#containers.has(found.raw.Id)) return
    found.raw.RestartCount = Number(found.raw.RestartCount) + 1
    this.#start(found)
  }

  restartEngine(): void {
    const all = [...this.#containers.values()]
    for (const container of all) this.#end(container, killed)
    for (const container of all) {
      const { Name } = objectOf(container.raw.HostConfig.RestartPolicy)
      const wasStarted = container.raw.State.Status !== 'created'
      if (!wasStarted || !this.#containers.has(container.raw.Id)) continue
      const isBack =
        Name === 'always' ||
        (Name === 'unless-stopped' && !container.manuallyStopped) ||
        (Name === 'on-failure' && container.raw.State.ExitCode !== 0)
      if (isBack) this.#start(container)
    }
  }

  connect(container: string, network: string, endpoint: JsonObject): void {
    const { raw } = this.#get(container)
    const networks = objectOf(raw.NetworkSettings.Networks)
    if (networks[network] && raw.State.Running === true) {
      throw new RemoteError(
        'forbidden',
        `endpoint with name ${raw.Name} already exists in network ${network}`,
      )
    }
    raw.NetworkSettings.Networks = { ...networks, [network]: endpointOf(endpoint, raw.Id) }
  }

  disconnect(container: string, network: string): void {
    const raw = this.#find(container)?.raw
    if (raw) delete objectOf(raw.NetworkSettings.Networks)[network]
  }

  onNetwork(network: string): string[] {
    return this.#running()
      .filter(({ raw }) => objectOf(raw.NetworkSettings.Networks)[network])
      .map(({ raw }) => raw.Id)
  }

  withVolume(volume: string): string[] {
    return [...this.#containers.values()]
      .filter(({ raw }) => raw.Mounts.some(({ Name }) => Name === volume))
      .map(({ raw }) => raw.Id)
  }

  calls(): Pick<ContainerHost, ContainerCalls> {
    return {
      inspect: async (container) => structuredClone(this.#find(container)?.raw),
      list: async (labels) => this.#list(labels),
      create: async (name, body) => this.#create(name, body),
      rename: async (container, name) => {
        const found = this.#get(container)
        this.#refuseTaken(name)
        found.raw.Name = `/${name}`
      },
      setRestartPolicy: async (container, { Name, MaximumRetryCount }) => {
        const { raw } = this.#get(container)
        raw.HostConfig.RestartPolicy = { Name: Name || 'no', MaximumRetryCount }
      },
      start: async (container) => this.#start(this.#get(container)),
      stop: async (container) => {
        const found = this.#find(container)
        if (!found) return
        found.manuallyStopped = true
        this.#end(found, terminated)
      },
      remove: async (container, options = {}) => this.#remove(container, options.volumes ?? false),
      wait: (container, signal) => this.#wait(this.#get(container), signal),
      logs: async (container, tailLines) => lastLines(this.#get(container).log, tailLines),
      changes: async (container) => this.#changes.get(this.#get(container).raw.Id) ?? [],
      getArchive: async (container, path) => this.#archive(this.#get(container), path),
      putArchive: async (container, folder, tar) => {
        const { files } = this.#get(container)
        for await (const entry of tar.pipe(extract())) {
          const chunks: Buffer[] = []
          for await (const chunk of entry) chunks.push(chunk as Buffer)
          if (entry.header.type === 'file') {
            files.set(posix.join(folder, entry.header.name), Buffer.concat(chunks))
          }
        }
      },
      exec: async (container, spec) => await this.#exec(this.#runningOne(container), spec),
      openExec: async (container, command) => await this.#openExec(this.#runningOne(container), command),
    }
  }

  #find(container: string): FakeContainer | undefined {
    return (
      this.#containers.get(container) ??
      [...this.#containers.values()].find(
        ({ raw }) => raw.Name === `/${container}` || (container.length >= 12 && raw.Id.startsWith(container)),
      )
    )
  }

  #get(container: string): FakeContainer {
    const found = this.#find(container)
    if (!found) throw new RemoteError('not-found', `No such container: ${container}`, { status: 404 })
    return found
  }

  #running(): FakeContainer[] {
    return [...this.#containers.values()].filter(({ raw }) => raw.State.Running === true)
  }

  #runningOne(container: string): RawContainer {
    const { raw } = this.#get(container)
    if (raw.State.Running !== true) {
      throw new RemoteError('conflict', `Container ${container} is not running`, { status: 409 })
    }
    return structuredClone(raw)
  }

  #list(labels: Record<string, string>) {
    return [...this.#containers.values()]
      .map(({ raw }) => ({
        id: raw.Id,
        name: raw.Name.slice(1),
        image: textOf(raw.Config.Image),
        labels: objectOf(raw.Config.Labels) as Record<string, string>,
        status: textOf(raw.State.Status),
      }))
      .filter((container) => Object.entries(labels).every(([key, value]) => container.labels[key] === value))
      .map((container) => structuredClone(container))
  }

  #refuseTaken(name: string): void {
    if (this.#find(name)?.raw.Name !== `/${name}`) return
    throw new RemoteError('conflict', `The container name "/${name}" is already in use`, { status: 409 })
  }

  #create(name: string, body: JsonObject): string {
    this.#refuseTaken(name)
    const reference = textOf(body.Image)
    const image = this.#parts.images.find(reference)
    if (!image) throw new UserError(`No such image: ${reference}`, { hint: 'pull it' })
    const endpoints = Object.keys(objectOf(objectOf(body.NetworkingConfig).EndpointsConfig))
    if (endpoints.length > 1 && Number(this.#parts.apiVersion.split('.')[1]) < 44) {
      const names = endpoints.join(', ')
      throw new RemoteError('rejected', `Container cannot be connected to network endpoints: ${names}`, {
        status: 400,
      })
    }
    const id = createHash('sha256')
      .update(`container ${++this.#made}`)
      .digest('hex')
    const container = madeContainer({
      id,
      name,
      body: structuredClone(body),
      image,
      nowMs: this.#parts.now(),
    })
    for (const { Type, Name } of container.raw.Mounts) {
      if (Type === 'volume') this.#parts.places.ensureVolume(textOf(Name))
    }
    this.#containers.set(id, container)
    return id
  }

  #start(container: FakeContainer): void {
    const { raw } = container
    if (raw.State.Running === true) return
    for (const network of Object.keys(objectOf(raw.NetworkSettings.Networks))) {
      if (network === 'host' || network === 'none' || this.#parts.places.hasNetwork(network)) continue
      throw new UserError(`network ${network} not found`, { hint: 'make it with docker network create' })
    }
    const taken = new Set(this.#running().flatMap(({ raw }) => hostPorts(raw)))
    const clash = hostPorts(raw).find((port) => taken.has(port))
    if (clash) throw new RemoteError('conflict', `Bind for ${clash} failed: port is already allocated`)
    container.manuallyStopped = false
    const StartedAt = new Date(this.#parts.now()).toISOString()
    raw.State = { ...raw.State, Status: 'running', Running: true, Pid: 4711, ExitCode: 0, StartedAt }
    raw.NetworkSettings.Ports = structuredClone(publishedPorts(raw))
    for (const listener of this.#startListeners) listener(structuredClone(raw))
  }

  #end(container: FakeContainer, code: number): void {
    const { raw } = container
    if (raw.State.Running !== true) return
    const FinishedAt = new Date(this.#parts.now()).toISOString()
    raw.State = { ...raw.State, Status: 'exited', Running: false, Pid: 0, ExitCode: code, FinishedAt }
    raw.NetworkSettings.Ports = {}
    for (const tell of container.waiting.splice(0)) tell(code)
    for (const listener of this.#endListeners) listener(structuredClone(raw))
    if (raw.HostConfig.AutoRemove === true) this.#remove(raw.Id, true)
  }

  #remove(name: string, volumes: boolean): void {
    const container = this.#find(name)
    if (!container) return
    const { raw } = container
    this.#containers.delete(raw.Id)
    this.#end(container, killed)
    if (!volumes) return
    const asked = new Set([
      ...textsOf(raw.HostConfig.Binds).map((bind) => bind.split(':')[0]),
      ...listOf(raw.HostConfig.Mounts).map((mount) => textOf(objectOf(mount).Source)),
    ])
    for (const { Type, Name } of raw.Mounts) {
      const isAnonymous = Type === 'volume' && !asked.has(textOf(Name))
      if (isAnonymous && this.withVolume(textOf(Name)).length === 0) {
        this.#parts.places.forgetVolume(textOf(Name))
      }
    }
  }

  #wait(container: FakeContainer, signal: AbortSignal | undefined): Promise<number> {
    const { Running, Status, ExitCode } = container.raw.State
    if (Running !== true && Status !== 'created') return Promise.resolve(Number(ExitCode))
    return new Promise((resolve, reject) => {
      container.waiting.push(resolve)
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  #archive({ files }: FakeContainer, path: string): Readable {
    const inside = [...files].filter(([file]) => file === path || file.startsWith(`${path}/`))
    if (inside.length === 0) {
      throw new RemoteError('not-found', `Could not find the file ${path}`, { status: 404 })
    }
    const tar = pack()
    for (const [file, content] of inside)
      tar.entry({ name: posix.relative(posix.dirname(path), file) }, content)
    tar.finalize()
    return Readable.from(tar)
  }
}

/** Ports that are published but not exposed are no ports to the engine. */
function publishedPorts({ Config, HostConfig }: RawContainer): JsonObject {
  const exposed = objectOf(Config.ExposedPorts)
  return Object.fromEntries(
    Object.entries(objectOf(HostConfig.PortBindings)).filter(([port]) => exposed[port]),
  )
}

/** `address:port` for each port that the container takes on the host. */
function hostPorts(raw: RawContainer): string[] {
  return Object.values(publishedPorts(raw)).flatMap((bindings) =>
    listOf(bindings)
      .map(objectOf)
      .flatMap(({ HostIp, HostPort }) => (HostPort ? [`${HostIp || '0.0.0.0'}:${HostPort}`] : [])),
  )
}

function lastLines(text: string, count: number): string {
  const lines = text.split(/(?<=\n)/)
  return lines.slice(-count).join('')
}
