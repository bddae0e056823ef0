import { createHash } from 'node:crypto'
import { RemoteError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type {
  AgentListener,
  BuildState,
  ControllerState,
  Identity,
  Jenkins,
  NodeChange,
  NodeLauncher,
  NodeSpec,
  NodeState,
  PermissionCheck,
  QueueItem,
  SshKeyCredential,
  SwarmNodeSpec,
  WebSocketProbe,
} from '../../jenkins/jenkins.ts'
import { FakeVitals } from './fake-vitals.ts'

/**
 * A controller in memory: nodes, a queue and jobs, without HTTP and without delays. Tests set its public fields,
 * let agents come and go, switch faults on, and read `calls` afterwards.
 */
export class FakeJenkins extends FakeVitals implements Jenkins {
  readonly url = 'http://jenkins.test/'
  version = '2.498'
  session = 'boot-1'
  identity: Identity = { name: 'ann', anonymous: false, authorities: ['authenticated'] }
  clockSkewMs: number | undefined = 0
  rootUrl: string | undefined = 'http://jenkins.test/'
  listener: AgentListener | undefined = undefined
  webSocket = true
  swarmPlugin = true
  jar: Buffer = Buffer.from('PK, and then something that is not really a jar')
  items: QueueItem[] = []
  /** Called before the queue is read, for tests whose queue depends on the nodes. */
  onQueue = (): void => {}
  readonly store = new Map<string, NodeState>()
  /** As the nodes' configurations say since somebody set them. */
  readonly launchers = new Map<string, NodeLauncher>()
  readonly credentials = new Map<string, SshKeyCredential>()
  /** The controller dials a node; a test may connect its agent. */
  onLaunch = (_node: string, _launcher: NodeLauncher & { kind: 'ssh' }): void => {}
  readonly logs = new Map<string, string>()
  readonly jobs = new Map<string, { xml: string; builds: BuildState[] }>()
  seen: { version: string; session: string } | undefined = undefined

  /** An agent opens its channel to the node. */
  agentConnects(name: string): void {
    const node = this.#existing(name)
    this.store.set(name, {
      ...node,
      connected: true,
      offline: node.temporarilyOffline,
      offlineReason: node.temporarilyOffline ? node.offlineReason : '',
    })
  }

  agentVanishes(name: string): void {
    const node = this.store.get(name)
    if (!node) return
    const offlineReason = node.temporarilyOffline ? node.offlineReason : 'Connection was broken'
    const gone = { connected: false, offline: true, idle: true, builds: [] }
    this.store.set(name, { ...node, ...gone, offlineReason })
  }

  /** Builds run on the node from now on; an empty list makes it idle. */
  setBuilds(name: string, builds: string[]): void {
    this.store.set(name, { ...this.#existing(name), builds, idle: builds.length === 0 })
  }

  /** A node as Jenkins would report it right after somebody created it. */
  addNode(name: string, over: Partial<NodeState> = {}): void {
    this.store.set(name, { ...blankNode(name), ...over })
  }

  whoAmI(signal?: AbortSignal): Promise<Identity> {
    return this.answer('whoAmI', '', signal, () => this.identity)
  }

  root(signal?: AbortSignal): Promise<ControllerState> {
    return this.answer('root', '', signal, () => ({
      version: this.version,
      session: this.session,
      quietingDown: this.quietingDown,
      ...(this.quietDownReason !== undefined && { quietDownReason: this.quietDownReason }),
      agentPort: this.listener?.port ?? -1,
      usesCrumbs: true,
      rootUrl: this.rootUrl,
      builtInExecutors: 0,
      clockSkewMs: this.clockSkewMs,
    }))
  }

  queue(signal?: AbortSignal): Promise<QueueItem[]> {
    return this.answer('queue', '', signal, () => {
      this.onQueue()
      return structuredClone(this.items)
    })
  }

  nodes(signal?: AbortSignal): Promise<NodeState[]> {
    return this.answer('nodes', '', signal, () => structuredClone([...this.store.values()]))
  }

  node(name: string, signal?: AbortSignal): Promise<NodeState | undefined> {
    return this.answer('node', name, signal, () => structuredClone(this.store.get(name)))
  }

  createNode(spec: NodeSpec, signal?: AbortSignal): Promise<void> {
    return this.answer('createNode', spec.name, signal, () => {
      if (this.store.has(spec.name)) {
        throw new RemoteError('conflict', `Agent called ‘${spec.name}’ already exists`, { status: 400 })
      }
      const { name, description, labels, executors } = spec
      this.addNode(name, { description, labels: [...labels], executors })
    })
  }

  updateNode(name: string, change: NodeChange, signal?: AbortSignal): Promise<void> {
    return this.answer('updateNode', name, signal, () => {
      const { labels, description, launcher, clearOfflineMark } = change
      if (launcher) this.launchers.set(name, launcher)
      const node = { ...this.#existing(name), ...(labels && { labels: [...labels] }) }
      if (description !== undefined) node.description = description
      if (clearOfflineMark) unmark(node)
      this.store.set(name, node)
    })
  }

  deleteNode(name: string, signal?: AbortSignal): Promise<void> {
    return this.answer('deleteNode', name, signal, () => {
      this.store.delete(name)
    })
  }

  markOffline(name: string, reason: string, signal?: AbortSignal): Promise<void> {
    return this.answer('markOffline', name, signal, () => {
      const marked = { temporarilyOffline: true, offline: true, offlineReason: reason }
      this.store.set(name, { ...this.#existing(name), ...marked })
    })
  }

  clearOffline(name: string, signal?: AbortSignal): Promise<void> {
    return this.answer('clearOffline', name, signal, () => {
      const node = { ...this.#existing(name) }
      unmark(node)
      this.store.set(name, node)
    })
  }

  disconnect(name: string, _reason: string, signal?: AbortSignal): Promise<void> {
    return this.answer('disconnect', name, signal, () => {
      this.#existing(name)
      this.agentVanishes(name)
    })
  }

  nodeLog(name: string, signal?: AbortSignal): Promise<string> {
    return this.answer('nodeLog', name, signal, () => this.logs.get(name) ?? '')
  }

  launch(name: string, signal?: AbortSignal): Promise<void> {
    return this.answer('launch', name, signal, () => {
      const launcher = this.launchers.get(this.#existing(name).name)
      if (launcher?.kind === 'ssh') this.onLaunch(name, launcher)
    })
  }

  credentialIds(signal?: AbortSignal): Promise<string[]> {
    return this.answer('credentialIds', '', signal, () => [...this.credentials.keys()])
  }

  putSshKey(key: SshKeyCredential, signal?: AbortSignal): Promise<void> {
    return this.answer('putSshKey', key.id, signal, () => {
      this.credentials.set(key.id, key)
    })
  }

  deleteCredential(id: string, signal?: AbortSignal): Promise<void> {
    return this.answer('deleteCredential', id, signal, () => {
      this.credentials.delete(id)
    })
  }

  hasSwarmPlugin(signal?: AbortSignal): Promise<boolean> {
    return this.answer('hasSwarmPlugin', '', signal, () => this.swarmPlugin)
  }

  createSwarmNode(spec: SwarmNodeSpec, signal?: AbortSignal): Promise<Secret> {
    return this.answer('createSwarmNode', spec.name, signal, () => {
      const { name, labels, executors, replaces } = spec
      if (this.store.has(name) && !replaces) {
        throw new RemoteError('conflict', `Agent "${name}" already exists.`, { status: 409 })
      }
      const description = `Swarm agent from 127.0.0.1: ${spec.description}`
      this.addNode(name, { description, labels: ['swarm', ...labels], executors })
      return new Secret(secretOf(name))
    })
  }

  swarmLabels(name: string, signal?: AbortSignal): Promise<string[]> {
    return this.answer('swarmLabels', name, signal, () => this.#existing(name).labels)
  }

  inboundSecret(name: string, signal?: AbortSignal): Promise<Secret> {
    return this.answer('inboundSecret', name, signal, () => new Secret(secretOf(this.#existing(name).name)))
  }

  agentJar(signal?: AbortSignal): Promise<Buffer> {
    return this.answer('agentJar', '', signal, () => this.jar)
  }

  agentListener(signal?: AbortSignal): Promise<AgentListener | undefined> {
    return this.answer('agentListener', '', signal, () => this.listener)
  }

  probeWebSocket(name: string, secret: Secret, signal?: AbortSignal): Promise<WebSocketProbe> {
    return this.answer('probeWebSocket', name, signal, () => {
      if (!this.webSocket) return 'not-supported'
      const node = this.store.get(name)
      if (!node) return 'unknown-node'
      if (secret.reveal() !== secretOf(name)) return 'wrong-secret'
      return node.connected || !node.inbound ? 'occupied' : 'accepted'
    })
  }

  canCreateNodes(signal?: AbortSignal): Promise<PermissionCheck> {
    return this.answer('canCreateNodes', '', signal, () =>
      this.denied.has('Create')
        ? { allowed: false, permission: 'hudson.model.Computer.Create' }
        : { allowed: true, permission: undefined },
    )
  }

  createJob(name: string, xml: string, signal?: AbortSignal): Promise<void> {
    return this.answer('createJob', name, signal, () => {
      this.jobs.set(name, { xml, builds: [] })
    })
  }

  deleteJob(name: string, signal?: AbortSignal): Promise<void> {
    return this.answer('deleteJob', name, signal, () => {
      this.jobs.delete(name)
    })
  }

  /** Builds begin at once and are their own queue item. */
  build(job: string, signal?: AbortSignal): Promise<number> {
    return this.answer('build', job, signal, () => {
      const builds = this.#job(job).builds
      const number = builds.length + 1
      builds.push({ number, building: true, result: undefined, durationMs: 0, builtOn: undefined })
      return number
    })
  }

  queueItem(id: number, signal?: AbortSignal) {
    return this.answer('queueItem', String(id), signal, () => {
      const waiting = this.items.find((item) => item.id === id)
      return { cancelled: false, build: waiting ? undefined : id, why: waiting?.why }
    })
  }

  cancelQueueItem(id: number, signal?: AbortSignal): Promise<void> {
    return this.answer('cancelQueueItem', String(id), signal, () => {
      this.items = this.items.filter((item) => item.id !== id)
    })
  }

  buildState(job: string, number: number, signal?: AbortSignal): Promise<BuildState> {
    return this.answer('buildState', job, signal, () => {
      const build = this.#job(job).builds[number - 1]
      if (!build) throw new RemoteError('not-found', `${job} has no build ${number}`, { status: 404 })
      return { ...build }
    })
  }

  buildLog(job: string, _number: number, signal?: AbortSignal): Promise<string> {
    return this.answer('buildLog', job, signal, () => this.logs.get(job) ?? '')
  }

  stopBuild(job: string, number: number, signal?: AbortSignal): Promise<void> {
    return this.answer('stopBuild', job, signal, () => {
      const build = this.#job(job).builds[number - 1]
      if (build?.building) Object.assign(build, { building: false, result: 'ABORTED' })
    })
  }

  safeRestart(signal?: AbortSignal): Promise<void> {
    return this.restart(signal)
  }

  restart(signal?: AbortSignal): Promise<void> {
    return this.answer('restart', '', signal, () => {
      this.session = `boot-${Number(this.session.slice(5)) + 1}`
      for (const name of this.store.keys()) this.agentVanishes(name)
    })
  }

  jobCount(signal?: AbortSignal): Promise<number> {
    return this.answer('jobCount', '', signal, () => this.jobs.size)
  }

  protected noteAnswer(): void {
    this.seen = { version: this.version, session: this.session }
  }

  #existing(name: string): NodeState {
    const node = this.store.get(name)
    if (!node) throw new RemoteError('not-found', `no node ${name}`, { status: 404 })
    return node
  }

  #job(name: string): { xml: string; builds: BuildState[] } {
    const job = this.jobs.get(name)
    if (!job) throw new RemoteError('not-found', `no job ${name}`, { status: 404 })
    return job
  }
}

/** A node just created: no agent has ever connected, nothing runs. */
export function blankNode(name: string): NodeState {
  return {
    name,
    description: '',
    labels: [],
    offline: true,
    temporarilyOffline: false,
    offlineReason: '',
    connected: false,
    idle: true,
    executors: 1,
    builds: [],
    inbound: true,
  }
}

function unmark(node: NodeState): void {
  if (!node.temporarilyOffline) return
  Object.assign(node, { temporarilyOffline: false, offline: !node.connected, offlineReason: '' })
}

/** The same for ever for a name, as Jenkins' is. */
function secretOf(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}
