import { z } from 'zod'
import type { ContainerState, ContainerStatus, EngineInfo, ImageInfo } from '../container-engine.ts'

/**
 * The engine's answers, as far as we read them. Docker and Podman both pass; fields that one of them may leave out
 * have a default. Source: the Docker Engine API, versions 1.41 to 1.51.
 */
export const versionAnswer = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().default('0'),
  Os: z.string().default('linux'),
  Arch: z.string().default(''),
  Platform: z.object({ Name: z.string().default('') }).nullish(),
  Components: z.array(z.object({ Name: z.string() })).nullish(),
})
export type VersionAnswer = z.output<typeof versionAnswer>

export const infoAnswer = z.object({
  OSType: z.string(),
  OperatingSystem: z.string().default(''),
  NCPU: z.number(),
  MemTotal: z.number(),
  DockerRootDir: z.string().default(''),
  SecurityOptions: z.array(z.string()).nullish(),
  CpuCfsQuota: z.boolean().default(true),
  MemoryLimit: z.boolean().default(true),
  PidsLimit: z.boolean().default(true),
})
export type InfoAnswer = z.output<typeof infoAnswer>

/** `dataRoot` is left to whoever knows whether the engine shares our disk. */
export function engineInfo(version: VersionAnswer, info: InfoAnswer): Omit<EngineInfo, 'dataRoot'> {
  const isPodman = version.Components?.some(({ Name }) => /podman/i.test(Name)) ?? false
  return {
    name: isPodman ? 'Podman' : version.Platform?.Name || 'Docker Engine',
    version: version.Version,
    apiVersion: version.ApiVersion,
    os: info.OSType,
    arch: version.Arch,
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
    rootless: info.SecurityOptions?.some((option) => /\bname=rootless\b/.test(option)) ?? false,
    enforces: { cpu: info.CpuCfsQuota, memory: info.MemoryLimit, pids: info.PidsLimit },
  }
}

export const imageAnswer = z.object({
  Id: z.string(),
  Os: z.string().default('linux'),
  Architecture: z.string().default(''),
  Size: z.number().default(0),
  Config: z.object({ User: z.string().default(''), Env: z.array(z.string()).nullish() }).nullish(),
})

export function imageInfo(image: z.output<typeof imageAnswer>): ImageInfo {
  return {
    id: image.Id,
    user: image.Config?.User ?? '',
    env: Object.fromEntries((image.Config?.Env ?? []).map(variable)),
    os: image.Os,
    arch: image.Architecture,
    sizeBytes: image.Size,
  }
}

/** `NAME=value`; the value may hold further equals signs. */
function variable(line: string): [name: string, value: string] {
  const end = line.includes('=') ? line.indexOf('=') : line.length
  return [line.slice(0, end), line.slice(end + 1)]
}

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {})

export const listAnswer = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Image: z.string(),
    Labels: labels,
    State: z.string(),
    /** For people: `Exited (137) 2 minutes ago`. */
    Status: z.string().default(''),
    /** Seconds since 1970. */
    Created: z.number(),
  }),
)

/** A line of a listing. Only `inspect` knows start time, limits, and whether memory ran out. */
export function listedState(entry: z.output<typeof listAnswer>[number]): ContainerState {
  const exitCode = /^Exited \((\d+)\)/.exec(entry.Status)?.[1]
  return {
    id: entry.Id,
    name: withoutSlash(entry.Names?.[0] ?? ''),
    image: entry.Image,
    labels: entry.Labels,
    status: statusOf(entry.State),
    createdAtMs: entry.Created * 1000,
    startedAtMs: undefined,
    exitCode: exitCode === undefined ? undefined : Number(exitCode),
    oomKilled: false,
    nanoCpus: undefined,
    memoryBytes: undefined,
  }
}

export const inspectAnswer = z.object({
  Id: z.string(),
  Name: z.string(),
  Created: z.string(),
  Config: z.object({ Image: z.string().default(''), Labels: labels }),
  State: z.object({
    Status: z.string(),
    StartedAt: z.string().default(''),
    ExitCode: z.number().default(0),
    OOMKilled: z.boolean().default(false),
  }),
  HostConfig: z.object({ NanoCpus: z.number().default(0), Memory: z.number().default(0) }),
  NetworkSettings: z
    .object({
      Ports: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullable()).nullish(),
    })
    .nullish(),
})

export function inspectedState(container: z.output<typeof inspectAnswer>): ContainerState {
  const { Config, HostConfig, State } = container
  const status = statusOf(State.Status)
  const startedAtMs = Date.parse(State.StartedAt)
  return {
    id: container.Id,
    name: withoutSlash(container.Name),
    image: Config.Image,
    labels: Config.Labels,
    status,
    createdAtMs: Date.parse(container.Created),
    startedAtMs: startedAtMs > 0 ? startedAtMs : undefined, // never started is the year 1
    exitCode: status === 'exited' || status === 'dead' ? State.ExitCode : undefined,
    oomKilled: State.OOMKilled,
    nanoCpus: HostConfig.NanoCpus || undefined,
    memoryBytes: HostConfig.Memory || undefined,
    ports: portsOf(container),
  }
}

/** `22/tcp` -> its first binding; the others are the same port under IPv6. */
function portsOf({ NetworkSettings }: z.output<typeof inspectAnswer>): Record<number, number> {
  const all = Object.entries(NetworkSettings?.Ports ?? {})
  return Object.fromEntries(
    all.flatMap(([name, bindings]) => {
      const [inside, protocol] = name.split('/')
      const outside = Number(bindings?.[0]?.HostPort)
      return protocol === 'tcp' && outside > 0 ? [[Number(inside), outside]] : []
    }),
  )
}

/** Docker's states are ours; Podman has some more (libpod/define/containerstate.go). */
function statusOf(state: string): ContainerStatus {
  switch (state) {
    case 'created':
    case 'configured':
    case 'initialized':
      return 'created'
    case 'running':
    case 'stopping':
      return 'running'
    case 'paused':
    case 'restarting':
    case 'removing':
    case 'dead':
      return state
    case 'exited':
    case 'stopped':
      return 'exited'
    default:
      return 'dead'
  }
}

function withoutSlash(name: string): string {
  return name.replace(/^\//, '')
}
