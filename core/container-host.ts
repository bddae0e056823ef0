import type { Duplex, Readable } from 'node:stream'

/**
 * What keeping a controller needs of a Docker Engine, beyond what lending needs (core/container-engine.ts): whole
 * answers of `inspect`, so that a container can be made again as it was, renaming, restart policies, networks, volumes,
 * programs inside a container. Every call takes a signal and carries a deadline of its own. Failures are
 * RemoteError or UserError with a hint. Bodies are what the Engine API documents; nothing is dropped on the way.
 */
export interface ContainerHost {
  /** Name, version and API version of the engine, and its platform as images name it (linux/amd64). */
  facts(signal?: AbortSignal): Promise<HostFacts>

  /** The whole answer of `GET /containers/{id}/json`, or undefined when there is none of that id or name. */
  inspect(container: string, signal?: AbortSignal): Promise<RawContainer | undefined>
  /** Containers in any state that carry all labels. */
  list(labels: Record<string, string>, signal?: AbortSignal): Promise<ListedContainer[]>
  /** `body` as for `POST /containers/create`; returns the id. A name that is taken is RemoteError `conflict`. */
  create(name: string, body: JsonObject, signal?: AbortSignal): Promise<string>
  rename(container: string, name: string, signal?: AbortSignal): Promise<void>
  /** Takes effect at once, also on a running container. */
  setRestartPolicy(container: string, policy: RestartPolicy, signal?: AbortSignal): Promise<void>
  /** Running already is fine. */
  start(container: string, signal?: AbortSignal): Promise<void>
  /** Stop signal, then SIGKILL after the grace. Not running, or gone, is fine. */
  stop(container: string, graceSeconds: number, signal?: AbortSignal): Promise<void>
  /** Kills if needed. Anonymous volumes stay unless `volumes`. Gone already is fine. */
  remove(container: string, options?: { volumes?: boolean }, signal?: AbortSignal): Promise<void>
  /** Resolves with the exit code once the container does not run any more. */
  wait(container: string, signal?: AbortSignal): Promise<number>
  logs(container: string, tailLines: number, signal?: AbortSignal): Promise<string>
  /** Files of the container's own layer that differ from its image. */
  changes(container: string, signal?: AbortSignal): Promise<LayerChange[]>
  /** A tar archive of a path in the container, which need not run. */
  getArchive(container: string, path: string, signal?: AbortSignal): Promise<Readable>
  putArchive(container: string, folder: string, tar: Readable, signal?: AbortSignal): Promise<void>
  /** Runs a program in a running container to its end. `stdin` never shows in any process list. */
  exec(container: string, spec: ExecSpec, signal?: AbortSignal): Promise<ExecResult>
  /** A program's stdin and stdout in a running container as one stream; ends with the program. */
  openExec(container: string, command: readonly string[], signal?: AbortSignal): Promise<Duplex>

  /** The whole answer of `GET /images/{name}/json`, or undefined when it is not on this machine. */
  inspectImage(reference: string, signal?: AbortSignal): Promise<RawImage | undefined>
  /**
   * What the registry has behind a reference now, asked through the engine without pulling
   * (`GET /distribution/{name}/json`). Undefined where the registry cannot be asked like that.
   */
  remoteDigest(reference: string, signal?: AbortSignal): Promise<RemoteImage | undefined>
  pull(reference: string, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void>
  /** Gives an image a further name. */
  tag(image: string, reference: string, signal?: AbortSignal): Promise<void>
  /** Takes a name away, and the image with its last name. Gone already, or in use, is fine: `removed` tells. */
  removeImage(reference: string, signal?: AbortSignal): Promise<{ removed: boolean }>
  listImages(labels: Record<string, string>, signal?: AbortSignal): Promise<ListedImage[]>
  /** Builds from a tar context whose root has a Dockerfile; returns the image id. */
  build(context: Readable, options: BuildOptions, signal?: AbortSignal): Promise<string>

  inspectNetwork(network: string, signal?: AbortSignal): Promise<JsonObject | undefined>
  /** Returns the id. */
  createNetwork(body: JsonObject, signal?: AbortSignal): Promise<string>
  /** Gone already is fine. */
  removeNetwork(network: string, signal?: AbortSignal): Promise<void>
  connect(network: string, container: string, endpoint: JsonObject, signal?: AbortSignal): Promise<void>
  /** Not connected is fine. */
  disconnect(network: string, container: string, signal?: AbortSignal): Promise<void>

  inspectVolume(volume: string, signal?: AbortSignal): Promise<JsonObject | undefined>
  listVolumes(labels: Record<string, string>, signal?: AbortSignal): Promise<string[]>
  createVolume(name: string, labels: Record<string, string>, signal?: AbortSignal): Promise<void>
  /** Gone already is fine. */
  removeVolume(volume: string, signal?: AbortSignal): Promise<void>
}

export type Json = string | number | boolean | null | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json | undefined
}

export interface HostFacts {
  name: string
  version: string
  apiVersion: string
  os: string
  arch: string
}

/** The parts that we read; the rest is there as well and is passed on. */
export interface RawContainer extends JsonObject {
  Id: string
  /** With a slash in front. */
  Name: string
  /** The id of its image. */
  Image: string
  Config: JsonObject
  HostConfig: JsonObject
  Mounts: JsonObject[]
  NetworkSettings: JsonObject
  State: JsonObject
}

export interface RawImage extends JsonObject {
  Id: string
  RepoTags: string[]
  RepoDigests: string[]
  Config: JsonObject
}

export interface ListedContainer {
  id: string
  name: string
  image: string
  labels: Record<string, string>
  status: string
}

export interface ListedImage {
  id: string
  references: string[]
  labels: Record<string, string>
  createdAtMs: number
  sizeBytes: number
}

export interface RestartPolicy {
  Name: '' | 'no' | 'always' | 'unless-stopped' | 'on-failure'
  MaximumRetryCount: number
}

export interface LayerChange {
  path: string
  kind: 'changed' | 'added' | 'deleted'
}

export interface ExecSpec {
  command: readonly string[]
  stdin?: string
  user?: string
  env?: Record<string, string>
  /** Longest time for all of it, in ms; by default about a minute. The engine cannot end a program: one that hangs stays. */
  timeoutMs?: number
}

export interface ExecResult {
  code: number
  stdout: string
  stderr: string
}

export interface RemoteImage {
  /** Of the manifest, or of the index where the reference names one. */
  digest: string
  platforms: { os: string; arch: string }[]
}

export interface BuildOptions {
  /** The name that the image gets. */
  reference: string
  buildArgs?: Record<string, string>
  labels?: Record<string, string>
  onProgress?: (line: string) => void
  /** Look for newer base images. */
  pull?: boolean
  noCache?: boolean
}
