import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type {
  ContainerHost,
  Json,
  JsonObject,
  ListedContainer,
  RawContainer,
  RawImage,
} from '../../core/container-host.ts'
import { RemoteError, UserError } from '../../core/errors.ts'
import type { PracticeController } from '../practice/controller.ts'

/** What the process of a container does: it gets the folder of its home, and may write to its log. */
export type PlainProgram = (home: string, say: (line: string) => void) => Promise<PracticeController>

interface Pretence {
  raw: RawContainer
  program: PlainProgram
  controller: PracticeController | undefined
  log: string[]
}

interface PlainImage {
  raw: RawImage
  program: PlainProgram
}

/**
 * An engine for machines without one, good for one demonstration: each container is a practice controller inside this process, with
 * a folder as its home. Nothing is isolated, nothing is limited, and all of it ends with this process. What an upgrade without
 * a rehearsal asks of an engine is there; the rest is refused.
 */
export class PlainHost implements ContainerHost {
  readonly #containers = new Map<string, Pretence>()
  readonly #images = new Map<string, PlainImage>()

  /** Lets a name stand for a program, as a build or a pull would. */
  addImage(reference: string, version: string, program: PlainProgram): void {
    for (const { raw } of this.#images.values())
      raw.RepoTags = raw.RepoTags.filter((tag) => tag !== reference)
    const Id = `sha256:${randomBytes(32).toString('hex')}`
    const Config = { Env: [`JENKINS_VERSION=${version}`], Cmd: [], Labels: {} }
    this.#images.set(Id, { raw: { Id, RepoTags: [reference], RepoDigests: [], Config }, program })
  }

  async facts() {
    return {
      name: 'plain processes',
      version: process.version,
      apiVersion: '-',
      os: process.platform,
      arch: process.arch,
    }
  }

  async inspect(container: string): Promise<RawContainer | undefined> {
    const found = this.#find(container)
    return found && structuredClone(found.raw)
  }

  async list(labels: Record<string, string>): Promise<ListedContainer[]> {
    const wanted = Object.entries(labels)
    return [...this.#containers.values()]
      .map(({ raw }) => ({ raw, labels: (raw.Config.Labels ?? {}) as Record<string, string> }))
      .filter(({ labels: has }) => wanted.every(([key, value]) => has[key] === value))
      .map(({ raw, labels: has }) => ({
        id: raw.Id,
        name: raw.Name.slice(1),
        image: raw.Image,
        labels: has,
        status: raw.State.Running === true ? 'running' : 'exited',
      }))
  }

  async create(name: string, { HostConfig = {}, ...config }: JsonObject): Promise<string> {
    if (this.#find(name)) throw new RemoteError('conflict', `a container called ${name} exists`)
    const image = this.#image(String(config.Image))
    if (!image) throw new RemoteError('not-found', `there is no image ${config.Image}`)
    const Id = randomBytes(32).toString('hex')
    const hostConfig = HostConfig as JsonObject
    const raw: RawContainer = {
      Id,
      Name: `/${name}`,
      Image: image.raw.Id,
      Config: { ...image.raw.Config, Hostname: Id.slice(0, 12), ...config },
      HostConfig: { NetworkMode: 'none', ...hostConfig },
      Mounts: mountsOf(hostConfig),
      NetworkSettings: { Networks: {} },
      RestartCount: 0,
      State: { Status: 'created', Running: false, StartedAt: '', ExitCode: 0 },
    }
    this.#containers.set(Id, { raw, program: image.program, controller: undefined, log: [] })
    return Id
  }

  async rename(container: string, name: string): Promise<void> {
    if (this.#find(name)) throw new RemoteError('conflict', `a container called ${name} exists`)
    this.#existing(container).raw.Name = `/${name}`
  }

  async setRestartPolicy(
    container: string,
    policy: { Name: string; MaximumRetryCount: number },
  ): Promise<void> {
    this.#existing(container).raw.HostConfig.RestartPolicy = { ...policy }
  }

  async start(container: string): Promise<void> {
    const pretence = this.#existing(container)
    if (pretence.controller) return
    const [home] = pretence.raw.Mounts
    pretence.controller = await pretence.program(String(home?.Source), (line) => pretence.log.push(line))
    pretence.raw.State = {
      Status: 'running',
      Running: true,
      StartedAt: new Date().toISOString(),
      ExitCode: 0,
    }
  }

  async stop(container: string): Promise<void> {
    const pretence = this.#find(container)
    if (!pretence?.controller) return
    await pretence.controller.stop()
    pretence.controller = undefined
    pretence.raw.State = { ...pretence.raw.State, Status: 'exited', Running: false, ExitCode: 143 }
  }

  async remove(container: string): Promise<void> {
    const pretence = this.#find(container)
    if (!pretence) return
    await this.stop(container)
    this.#containers.delete(pretence.raw.Id)
  }

  async logs(container: string, tailLines: number): Promise<string> {
    return this.#existing(container).log.slice(-tailLines).join('\n')
  }

  async changes(): Promise<[]> {
    return []
  }

  /** The one program that footman opens in a controller's container is its tunnel, jenkins/tunnel.ts. */
  async openExec(container: string): Promise<Duplex> {
    const { controller } = this.#existing(container)
    if (!controller) throw new RemoteError('conflict', `${container} is not running`)
    const socket = connect(Number(new URL(controller.url).port), '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket.unshift('+')
    return socket
  }

  async inspectImage(reference: string): Promise<RawImage | undefined> {
    return structuredClone(this.#image(reference)?.raw)
  }

  async remoteDigest(): Promise<undefined> {}

  async tag(image: string, reference: string): Promise<void> {
    this.#image(image)?.raw.RepoTags.push(reference)
  }

  async removeImage(reference: string): Promise<{ removed: boolean }> {
    const image = this.#image(reference)
    if (!image) return { removed: false }
    image.raw.RepoTags = image.raw.RepoTags.filter((tag) => tag !== reference)
    return { removed: image.raw.RepoTags.length === 0 && this.#images.delete(image.raw.Id) }
  }

  async listImages() {
    return [...this.#images.values()].map(({ raw }) => {
      return { id: raw.Id, references: raw.RepoTags, labels: {}, createdAtMs: 0, sizeBytes: 0 }
    })
  }

  async inspectNetwork(): Promise<undefined> {}
  async removeNetwork(): Promise<void> {}
  async disconnect(): Promise<void> {}
  async inspectVolume(): Promise<undefined> {}
  async removeVolume(): Promise<void> {}
  async listVolumes(): Promise<string[]> {
    return []
  }

  readonly wait = refuse
  readonly exec = refuse
  readonly pull = refuse
  readonly build = refuse
  readonly getArchive = refuse
  readonly putArchive = refuse
  readonly createNetwork = refuse
  readonly connect = refuse
  readonly createVolume = refuse

  /** Ends every controller. */
  async close(): Promise<void> {
    await Promise.all([...this.#containers.keys()].map((id) => this.remove(id)))
  }

  #find(container: string): Pretence | undefined {
    const byName = [...this.#containers.values()].find(({ raw }) => raw.Name === `/${container}`)
    return this.#containers.get(container) ?? byName
  }

  #existing(container: string): Pretence {
    const found = this.#find(container)
    if (!found) throw new RemoteError('not-found', `there is no container ${container}`)
    return found
  }

  #image(reference: string): PlainImage | undefined {
    const byTag = [...this.#images.values()].find(({ raw }) => raw.RepoTags.includes(reference))
    return this.#images.get(reference) ?? byTag
  }
}

/** Of `source:target` lines, as `docker run -v` takes them. */
function mountsOf({ Binds }: JsonObject): JsonObject[] {
  const lines: Json[] = Array.isArray(Binds) ? Binds : []
  return lines.map((line) => {
    const [Source = '', Destination = ''] = String(line).split(':')
    return { Type: 'bind', Source, Destination, RW: true }
  })
}

async function refuse(): Promise<never> {
  throw new UserError('plain processes cannot do that', { hint: 'install Docker for real containers' })
}
