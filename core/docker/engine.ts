import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import type { Readable } from 'node:stream'
import { systemClock } from '../clock.ts'
import type {
  ContainerEngine,
  ContainerSpec,
  ContainerState,
  EngineInfo,
  ImageInfo,
  PutFile,
} from '../container-engine.ts'
import type { EngineEndpoint } from '../docker-host.ts'
import {
  engineInfo,
  imageAnswer,
  imageInfo,
  infoAnswer,
  inspectAnswer,
  inspectedState,
  listAnswer,
  listedState,
  versionAnswer,
} from './answers.ts'
import { firstEntry, packFiles } from './archive.ts'
import type { Asker } from './ask.ts'
import type { DockerClient } from './client.ts'
import { createOptions } from './create-options.ts'
import { joinLogFrames } from './log-frames.ts'
import { type NegotiateOptions, negotiate } from './negotiate.ts'

/** An engine at this endpoint that answered, spoken to in an API version that both sides know. */
export async function connectEngine(
  endpoint: EngineEndpoint,
  options: NegotiateOptions,
): Promise<DockerEngine> {
  const { docker, asker, longMs, close } = await negotiate(endpoint, options)
  return new DockerEngine({ docker, asker, longMs, host: otherMachine(endpoint), close })
}

/** Where the engine runs, if not here: undefined also for one that this machine's loopback leads to. */
function otherMachine({ connection }: EngineEndpoint): string | undefined {
  if ('ssh' in connection) return connection.ssh.host
  if ('socketPath' in connection) return undefined
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(connection.hostname) ? undefined : connection.hostname
}

interface Parts {
  docker: DockerClient
  asker: Asker
  /** Deadline of work that moves data, in ms. */
  longMs: number
  /** The machine on which it runs, if not this one. */
  host: string | undefined
  close(): Promise<void>
}

const maxLinks = 5
const removalPauseMs = 200

class DockerEngine implements ContainerEngine {
  readonly #docker: DockerClient
  readonly #asker: Asker
  readonly #longMs: number
  readonly #host: string | undefined
  readonly close: () => Promise<void>

  constructor({ docker, asker, longMs, host, close }: Parts) {
    this.#docker = docker
    this.#asker = asker
    this.#longMs = longMs
    this.#host = host
    this.close = close
  }

  async info(signal?: AbortSignal): Promise<EngineInfo> {
    const question = { doing: 'ask the engine about itself', signal }
    const [version, info] = await this.#asker.ask(question, (abortSignal) =>
      Promise.all([this.#docker.version({ abortSignal }), this.#docker.info({ abortSignal })]),
    )
    const facts = this.#asker.read(infoAnswer, info)
    // Docker Desktop keeps its data inside a virtual machine, under a path that may exist out here as well.
    const isHere =
      this.#host === undefined &&
      !/Docker Desktop/.test(facts.OperatingSystem) &&
      existsSync(facts.DockerRootDir)
    return {
      ...engineInfo(this.#asker.read(versionAnswer, version), facts),
      host: this.#host,
      dataRoot: isHere ? facts.DockerRootDir : undefined,
    }
  }

  async image(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined> {
    const question = { doing: `look for the image ${reference}`, signal }
    const answer = await this.#asker.ask(question, () => this.#docker.getImage(reference).inspect(), [404])
    return answer && imageInfo(this.#asker.read(imageAnswer, answer))
  }

  async pull(reference: string, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void> {
    await this.#asker.follow({ doing: `pull the image ${reference}`, signal }, onProgress, (abortSignal) =>
      this.#docker.pull(reference, { abortSignal }),
    )
  }

  async importImage(
    rootfsTar: Readable,
    reference: string,
    changes: string[],
    signal?: AbortSignal,
  ): Promise<string> {
    const question = { doing: `make the image ${reference}`, signal }
    return await this.#asker.follow(
      question,
      () => {},
      (abortSignal) => this.#docker.importImage(rootfsTar, { repo: reference, changes, abortSignal }),
    )
  }

  async removeImage(reference: string, signal?: AbortSignal): Promise<void> {
    const question = { doing: `remove the image ${reference}`, signal, ms: this.#longMs }
    await this.#asker.ask(
      question,
      (abortSignal) => this.#docker.getImage(reference).remove({ abortSignal }),
      [404],
    )
  }

  async list(labels: Record<string, string>, signal?: AbortSignal): Promise<ContainerState[]> {
    const question = { doing: 'list containers', signal }
    const filters = { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) }
    const answer = await this.#asker.ask(question, (abortSignal) =>
      this.#docker.listContainers({ all: true, filters, abortSignal }),
    )
    return this.#asker.read(listAnswer, answer).map(listedState)
  }

  async inspect(id: string, signal?: AbortSignal): Promise<ContainerState | undefined> {
    const question = { doing: `look at the container ${short(id)}`, signal }
    const container = this.#docker.getContainer(id)
    const answer = await this.#asker.ask(question, (abortSignal) => container.inspect({ abortSignal }), [404])
    return answer && inspectedState(this.#asker.read(inspectAnswer, answer))
  }

  async create(spec: ContainerSpec, signal?: AbortSignal): Promise<string> {
    const { name, ...body } = createOptions(spec)
    const question = { doing: `create the container ${name} from ${spec.image}`, signal, ms: this.#longMs }
    // Without _query and _body dockerode repeats the whole body in the URL.
    const options = { _query: { name }, _body: body }
    const container = await this.#asker.ask(question, (abortSignal) =>
      this.#docker.createContainer({ ...options, abortSignal }),
    )
    return container.id
  }

  async putFiles(id: string, directory: string, files: PutFile[], signal?: AbortSignal): Promise<void> {
    const archive = await packFiles(files)
    const question = { doing: `put files into the container ${short(id)}`, signal, ms: this.#longMs }
    await this.#asker.ask(question, (abortSignal) =>
      this.#docker.getContainer(id).putArchive(archive, { path: directory, abortSignal }),
    )
  }

  async readFile(id: string, path: string, signal?: AbortSignal): Promise<Buffer | undefined> {
    const question = { doing: `read ${path} in the container ${short(id)}`, signal, ms: this.#longMs }
    let at = path
    for (let links = 0; links <= maxLinks; links++) {
      const entry = await this.#asker.ask(
        question,
        async (abortSignal) => {
          const archive = await this.#docker.getContainer(id).getArchive({ path: at, abortSignal })
          return await firstEntry(archive as Readable)
        },
        [404],
      )
      if (entry?.kind !== 'link') return entry?.kind === 'file' ? entry.content : undefined
      at = posix.resolve(posix.dirname(at), entry.target)
    }
    return undefined
  }

  async start(id: string, signal?: AbortSignal): Promise<void> {
    const question = { doing: `start the container ${short(id)}`, signal, ms: this.#longMs }
    const container = this.#docker.getContainer(id)
    await this.#asker.ask(question, (abortSignal) => container.start({ abortSignal }), [304])
  }

  async stop(id: string, graceSeconds: number, signal?: AbortSignal): Promise<void> {
    const ms = graceSeconds * 1000 + this.#longMs
    const question = { doing: `stop the container ${short(id)}`, signal, ms }
    const container = this.#docker.getContainer(id)
    await this.#asker.ask(
      question,
      (abortSignal) => container.stop({ t: graceSeconds, abortSignal }),
      [304, 404],
    )
  }

  async remove(id: string, signal?: AbortSignal): Promise<void> {
    const question = { doing: `remove the container ${short(id)}`, signal, ms: this.#longMs }
    const container = this.#docker.getContainer(id)
    await this.#asker.ask(
      question,
      async (abortSignal) => {
        while (!(await isDone(container.remove({ force: true, v: true, abortSignal })))) {
          await systemClock.sleep(removalPauseMs, abortSignal)
        }
      },
      [404],
    )
  }

  async logs(id: string, tailLines: number, signal?: AbortSignal): Promise<string> {
    const question = { doing: `read the log of the container ${short(id)}`, signal, ms: this.#longMs }
    const options = { stdout: true, stderr: true, tail: tailLines, follow: false as const }
    const container = this.#docker.getContainer(id)
    const frames = await this.#asker.ask(question, (abortSignal) =>
      container.logs({ ...options, abortSignal }),
    )
    return joinLogFrames(Buffer.from(frames))
  }

  async removeVolume(name: string, signal?: AbortSignal): Promise<void> {
    const question = { doing: `remove the volume ${name}`, signal, ms: this.#longMs }
    await this.#asker.ask(
      question,
      (abortSignal) => this.#docker.getVolume(name).remove({ abortSignal }),
      [404],
    )
  }
}

/** False while somebody else is removing the container at this moment, which the engine calls a conflict. */
async function isDone(removal: Promise<unknown>): Promise<boolean> {
  try {
    await removal
    return true
  } catch (error) {
    if (Object(error).statusCode === 409) return false
    throw error
  }
}

function short(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id
}
