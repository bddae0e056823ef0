import type { Readable } from 'node:stream'

/**
 * What footman needs of a container engine. core/docker.ts implements it over dockerode; the demo implements it
 * with plain processes for machines without an engine. Every call takes a signal and carries a deadline of its own.
 * Failures are RemoteError (engine away, refused) or UserError (image missing, no space) with a hint.
 */
export interface ContainerEngine {
  /** The engine itself; throws RemoteError when it does not answer. */
  info(signal?: AbortSignal): Promise<EngineInfo>
  /** A local image, or undefined when it is not on this machine. */
  image(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined>
  pull(reference: string, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void>
  /** Makes an image out of a root file system archive (what `docker import` does); returns its id. */
  importImage(
    rootfsTar: Readable,
    reference: string,
    changes: string[],
    signal?: AbortSignal,
  ): Promise<string>
  removeImage(reference: string, signal?: AbortSignal): Promise<void>
  /** Containers in any state that carry all the given labels. */
  list(labels: Record<string, string>, signal?: AbortSignal): Promise<ContainerState[]>
  inspect(id: string, signal?: AbortSignal): Promise<ContainerState | undefined>
  /** Creates without starting; returns the id. A name that is taken is RemoteError `conflict`. */
  create(spec: ContainerSpec, signal?: AbortSignal): Promise<string>
  /** Puts files into a container that may not have started yet. */
  putFiles(id: string, directory: string, files: PutFile[], signal?: AbortSignal): Promise<void>
  /** A file of a container, or undefined when it has none there. */
  readFile(id: string, path: string, signal?: AbortSignal): Promise<Buffer | undefined>
  start(id: string, signal?: AbortSignal): Promise<void>
  /** SIGTERM, then SIGKILL after the grace. A container that is not running or gone is fine. */
  stop(id: string, graceSeconds: number, signal?: AbortSignal): Promise<void>
  /** Kills if needed and removes with its anonymous volumes. Gone already is fine. */
  remove(id: string, signal?: AbortSignal): Promise<void>
  /** The last lines of stdout and stderr. */
  logs(id: string, tailLines: number, signal?: AbortSignal): Promise<string>
  removeVolume(name: string, signal?: AbortSignal): Promise<void>
  /** Lets go of a connection that would keep this process alive. */
  close?(): Promise<void>
}

export interface EngineInfo {
  /** e.g. `Docker Engine`, `Podman`, or `plain processes`. */
  name: string
  version: string
  apiVersion: string
  os: string
  /** Go's name of the architecture: amd64, arm64. */
  arch: string
  cpus: number
  memoryBytes: number
  rootless: boolean
  /** Whether CPU, memory and pids limits are enforced (a rootless engine may lack the cgroup controllers). */
  enforces: { cpu: boolean; memory: boolean; pids: boolean }
  /** The machine on which it runs, where that is another one. */
  host?: string | undefined
  /** Folder where the engine keeps its data, when it is on this machine. */
  dataRoot: string | undefined
}

export interface ImageInfo {
  id: string
  /** The USER of the image, '' for root. */
  user: string
  /** The ENV of the image. */
  env?: Readonly<Record<string, string>>
  os: string
  arch: string
  sizeBytes: number
}

export type Mount =
  | { kind: 'bind'; source: string; target: string; readOnly: boolean }
  | { kind: 'volume'; name: string; target: string; readOnly: boolean }

export interface ContainerSpec {
  name: string
  image: string
  /** Replaces the image's entry point; `command` are its arguments. */
  entrypoint: string[]
  command: string[]
  env: Record<string, string>
  labels: Record<string, string>
  user?: string
  /** Further group ids of the container's processes. */
  groups?: number[]
  workingDir?: string
  hostname?: string
  nanoCpus: number
  memoryBytes: number
  pidsLimit: number
  /** A tiny init as pid 1 that reaps zombies. */
  init: boolean
  capAdd: string[]
  capDrop: string[]
  noNewPrivileges: boolean
  mounts: Mount[]
  /** An existing network's name, `host`, `none`; undefined is the engine's default bridge. */
  network?: string
  extraHosts?: string[]
  /** TCP ports that are reached from outside, under an address of the engine's machine. */
  publish?: PublishedPort[]
  /** /dev/shm in bytes; browsers need more than the default 64 MiB. */
  shmBytes?: number
  stopGraceSeconds: number
}

export interface PublishedPort {
  containerPort: number
  /** An address of the engine's machine; `0.0.0.0` is all of them. */
  hostIp: string
  /** 0: whichever is free; `inspect` tells which. */
  hostPort: number
}

export interface PutFile {
  /** Relative to the directory it is put into; may hold slashes. */
  name: string
  /** Default `file`. Of a `link` the content is the path it points to, of a `directory` it is ignored. */
  kind?: 'file' | 'directory' | 'link'
  content: Buffer
  /** e.g. 0o400 */
  mode: number
  uid: number
  gid: number
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

export interface ContainerState {
  id: string
  name: string
  image: string
  labels: Record<string, string>
  status: ContainerStatus
  createdAtMs: number
  /** Undefined when never started; only `inspect` knows it. */
  startedAtMs: number | undefined
  exitCode: number | undefined
  oomKilled: boolean
  /** What the engine really set; undefined in a plain listing. */
  nanoCpus: number | undefined
  memoryBytes: number | undefined
  /** Container port -> port of the engine's machine, while it runs; only `inspect` knows them. */
  ports?: Readonly<Record<number, number>>
}
