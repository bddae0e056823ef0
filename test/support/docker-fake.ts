import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import type {
  ContainerEngine,
  ContainerSpec,
  ContainerState,
  EngineInfo,
  ImageInfo,
  PutFile,
} from '../../core/container-engine.ts'
import { RemoteError, UserError } from '../../core/errors.ts'

type Call = keyof ContainerEngine

export interface FakeDocker extends ContainerEngine {
  /** Names of the calls so far, in order. */
  readonly calls: readonly Call[]
  /** Every container, in any state, as `inspect` would tell it. */
  containers(): ContainerState[]
  /** What a container was created from; throws when it is gone. */
  spec(id: string): ContainerSpec
  /** A file put into a container, with its mode and owner; looked up by id and absolute path. */
  file(id: string, path: string): PutFile | undefined
  addImage(reference: string, image?: Partial<ImageInfo>): void
  /** The next `times` calls of this name reject with the error, before they have any effect. */
  failNext(call: Call, error: Error, times?: number): void
  /** Every call rejects as if the engine had been stopped, until set to false. */
  setAway(away: boolean): void
  /** The container's process ends by itself. */
  exit(id: string, exitCode: number, how?: { oomKilled?: boolean }): void
  /** The container's process writes a line. */
  say(id: string, line: string): void
  /** Called after each start, so that a test can play the process inside. */
  onStart(listener: (id: string, spec: ContainerSpec) => void): void
  /** Called after each end of a running container: stop, remove, exit. */
  onEnd(listener: (id: string, spec: ContainerSpec) => void): void
}

interface Container {
  spec: ContainerSpec
  state: ContainerState
  files: Map<string, PutFile>
  lines: string[]
}

/** A container engine in memory, with the answers and refusals of a real one. Nothing runs in its containers. */
export function fakeDocker(options: { now?: () => number; info?: Partial<EngineInfo> } = {}): FakeDocker {
  const { now = Date.now } = options
  const images = new Map<string, ImageInfo>()
  const containers = new Map<string, Container>()
  const faults = new Map<Call, Error[]>()
  const calls: Call[] = []
  const startListeners: ((id: string, spec: ContainerSpec) => void)[] = []
  const endListeners: ((id: string, spec: ContainerSpec) => void)[] = []
  let away = false
  let made = 0

  /** Notes the call and lets it fail if a test asked for that; resolves in a later turn, as a socket would. */
  async function enter(call: Call, signal: AbortSignal | undefined): Promise<void> {
    calls.push(call)
    await Promise.resolve()
    signal?.throwIfAborted()
    const fault = faults.get(call)?.shift()
    if (fault) throw fault
    if (away)
      throw new RemoteError('unreachable', 'the container engine does not answer', { hint: 'start it' })
  }

  function find(id: string): Container | undefined {
    return (
      containers.get(id) ??
      [...containers.values()].find(({ state }) => state.name === id || state.id.startsWith(id))
    )
  }

  function get(id: string): Container {
    const container = find(id)
    if (!container) throw new RemoteError('not-found', `no such container: ${id}`, { status: 404 })
    return container
  }

  function end(container: Container, exitCode: number, oomKilled = false): void {
    if (container.state.status !== 'running') return
    container.state = { ...container.state, status: 'exited', exitCode, oomKilled }
    for (const listener of endListeners) listener(container.state.id, container.spec)
  }

  return {
    calls,
    containers: () => [...containers.values()].map(({ state }) => structuredClone(state)),
    spec: (id) => get(id).spec,
    file: (id, path) => find(id)?.files.get(path),
    addImage: (reference, image = {}) => void images.set(reference, { ...fakeImage(reference), ...image }),
    failNext: (call, error, times = 1) => {
      faults.set(call, [...(faults.get(call) ?? []), ...Array<Error>(times).fill(error)])
    },
    setAway: (value) => {
      away = value
    },
    exit: (id, exitCode, how = {}) => end(get(id), exitCode, how.oomKilled),
    say: (id, line) => void get(id).lines.push(line),
    onStart: (listener) => void startListeners.push(listener),
    onEnd: (listener) => void endListeners.push(listener),

    async info(signal) {
      await enter('info', signal)
      return { ...fakeInfo, ...options.info }
    },
    async image(reference, signal) {
      await enter('image', signal)
      return images.get(reference)
    },
    async pull(reference, onProgress, signal) {
      await enter('pull', signal)
      onProgress(`Pulling ${reference}`)
      images.set(reference, fakeImage(reference))
    },
    async importImage(rootfsTar, reference, _changes, signal) {
      await enter('importImage', signal)
      for await (const _chunk of rootfsTar) signal?.throwIfAborted()
      const image = fakeImage(reference)
      images.set(reference, image)
      return image.id
    },
    async removeImage(reference, signal) {
      await enter('removeImage', signal)
      images.delete(reference)
    },
    async list(labels, signal) {
      await enter('list', signal)
      return [...containers.values()]
        .filter(({ state }) => Object.entries(labels).every(([key, value]) => state.labels[key] === value))
        .map(({ state }) => ({
          ...state,
          startedAtMs: undefined,
          nanoCpus: undefined,
          memoryBytes: undefined,
        }))
    },
    async inspect(id, signal) {
      await enter('inspect', signal)
      const container = find(id)
      return container && { ...structuredClone(container.state), ports: publishedPorts(container) }
    },
    async create(spec, signal) {
      await enter('create', signal)
      if (!images.has(spec.image)) {
        throw new UserError(`the image ${spec.image} is not on this machine`, { hint: 'pull it' })
      }
      if (find(spec.name)?.state.name === spec.name) {
        throw new RemoteError('conflict', `the container name ${spec.name} is taken`, { status: 409 })
      }
      const id = createHash('sha256').update(`container ${++made}`).digest('hex')
      containers.set(id, {
        spec: structuredClone(spec),
        state: createdState(id, spec, now()),
        files: new Map(),
        lines: [],
      })
      return id
    },
    async putFiles(id, directory, files, signal) {
      await enter('putFiles', signal)
      const container = get(id)
      for (const file of files) container.files.set(posix.join(directory, file.name), file)
    },
    async readFile(id, path, signal) {
      await enter('readFile', signal)
      return get(id).files.get(path)?.content
    },
    async start(id, signal) {
      await enter('start', signal)
      const container = get(id)
      if (container.state.status === 'running') return
      container.state = {
        ...container.state,
        status: 'running',
        startedAtMs: now(),
        exitCode: undefined,
        oomKilled: false,
      }
      for (const listener of startListeners) listener(container.state.id, container.spec)
    },
    async stop(id, _graceSeconds, signal) {
      await enter('stop', signal)
      const container = find(id)
      if (container) end(container, 143)
    },
    async remove(id, signal) {
      await enter('remove', signal)
      const container = find(id)
      if (!container) return
      end(container, 137)
      containers.delete(container.state.id)
    },
    async logs(id, tailLines, signal) {
      await enter('logs', signal)
      return get(id)
        .lines.slice(-tailLines)
        .map((line) => `${line}\n`)
        .join('')
    },
    async removeVolume(_name, signal) {
      await enter('removeVolume', signal)
    },
  }
}

function createdState(id: string, spec: ContainerSpec, nowMs: number): ContainerState {
  return {
    id,
    name: spec.name,
    image: spec.image,
    labels: { ...spec.labels },
    status: 'created',
    createdAtMs: nowMs,
    startedAtMs: undefined,
    exitCode: undefined,
    oomKilled: false,
    nanoCpus: spec.nanoCpus,
    memoryBytes: spec.memoryBytes,
  }
}

function fakeImage(reference: string): ImageInfo {
  const id = `sha256:${createHash('sha256').update(reference).digest('hex')}`
  return { id, user: '1000:1000', os: 'linux', arch: 'amd64', sizeBytes: 300_000_000 }
}

const fakeInfo: EngineInfo = {
  name: 'Docker Engine',
  version: '28.0.0',
  apiVersion: '1.48',
  os: 'linux',
  arch: 'amd64',
  cpus: 8,
  memoryBytes: 16 * 2 ** 30,
  rootless: false,
  enforces: { cpu: true, memory: true, pids: true },
  dataRoot: undefined,
}

/** The engine finds ports from 40001 on free. */
function publishedPorts({ spec, state }: Container): Record<number, number> {
  if (state.status !== 'running') return {}
  const ports = (spec.publish ?? []).map(({ containerPort, hostPort }, index) => [
    containerPort,
    hostPort || 40_001 + index,
  ])
  return Object.fromEntries(ports)
}
