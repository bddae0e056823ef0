import { createHash } from 'node:crypto'
import type { JsonObject, RawContainer, RawImage } from '../../../core/container-host.ts'
import { listOf, objectOf, textOf, textsOf } from './json.ts'

/** A container of the fake: what inspect tells, and what it does not. */
export interface FakeContainer {
  raw: RawContainer
  manuallyStopped: boolean
  files: Map<string, Buffer>
  log: string
  /** Resolved with the exit code at each end. */
  waiting: ((code: number) => void)[]
}

export interface Made {
  id: string
  name: string
  body: JsonObject
  image: RawImage
  nowMs: number
}

const never = '0001-01-01T00:00:00Z'

/** What an engine makes of a create body: its own defaults, and those of the image (moby daemon/create.go, runconfig). */
export function madeContainer({ id, name, body, image, nowMs }: Made): FakeContainer {
  const { HostConfig, NetworkingConfig, ...config } = body
  const hostConfig = objectOf(HostConfig)
  const mode = textOf(hostConfig.NetworkMode) || 'default'
  const network = mode === 'default' ? 'bridge' : mode
  const joins = network.startsWith('container:')
  const endpoint = objectOf(objectOf(objectOf(NetworkingConfig).EndpointsConfig)[network])
  return {
    manuallyStopped: false,
    files: new Map(),
    log: '',
    waiting: [],
    raw: {
      Id: id,
      Created: new Date(nowMs).toISOString(),
      Name: `/${name}`,
      Image: image.Id,
      RestartCount: 0,
      State: {
        Status: 'created',
        Running: false,
        Paused: false,
        Restarting: false,
        OOMKilled: false,
        Dead: false,
        Pid: 0,
        ExitCode: 0,
        Error: '',
        StartedAt: never,
        FinishedAt: never,
      },
      Config: mergedConfig(config, image.Config, id),
      HostConfig: { ...defaults, ...hostConfig, NetworkMode: mode },
      Mounts: mounts(hostConfig, mergedConfig(config, image.Config, id), id),
      NetworkSettings: { Ports: {}, Networks: joins ? {} : { [network]: endpointOf(endpoint, id) } },
    },
  }
}

const defaults: JsonObject = {
  Binds: null,
  RestartPolicy: { Name: '', MaximumRetryCount: 0 },
  AutoRemove: false,
  PortBindings: {},
  VolumesFrom: null,
  Links: null,
}

function mergedConfig(config: JsonObject, image: JsonObject, id: string): JsonObject {
  const entrypoint = config.Entrypoint ?? null
  const env = textsOf(config.Env)
  const names = new Set(env.map(nameOf))
  return {
    Domainname: '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    ...config,
    Hostname: config.Hostname || id.slice(0, 12),
    User: config.User || (image.User ?? ''),
    WorkingDir: config.WorkingDir || (image.WorkingDir ?? ''),
    Env: [...env, ...textsOf(image.Env).filter((pair) => !names.has(nameOf(pair)))],
    // An entry point of its own makes the image's command meaningless.
    Entrypoint: entrypoint ?? image.Entrypoint ?? null,
    Cmd: config.Cmd ?? (entrypoint === null ? (image.Cmd ?? null) : null),
    Labels: { ...objectOf(image.Labels), ...objectOf(config.Labels) },
    Volumes: noneOr({ ...objectOf(image.Volumes), ...objectOf(config.Volumes) }),
    ...exposed(config, image),
  }
}

function exposed(config: JsonObject, image: JsonObject): JsonObject {
  const ports = { ...objectOf(image.ExposedPorts), ...objectOf(config.ExposedPorts) }
  return Object.keys(ports).length === 0 ? {} : { ExposedPorts: ports }
}

function noneOr(value: JsonObject): JsonObject | null {
  return Object.keys(value).length === 0 ? null : value
}

function nameOf(pair: string): string {
  return pair.split('=')[0] ?? ''
}

function mounts(hostConfig: JsonObject, config: JsonObject, id: string): JsonObject[] {
  const found = new Map<string, JsonObject>()
  for (const destination of Object.keys(objectOf(config.Volumes))) {
    const Name = createHash('sha256').update(`${id} ${destination}`).digest('hex')
    found.set(destination, volumeMount(Name, destination))
  }
  for (const bind of textsOf(hostConfig.Binds)) {
    const [source = '', destination = '', mode = ''] = bind.split(':')
    const mount = source.startsWith('/')
      ? { Type: 'bind', Source: source, Destination: destination, Propagation: 'rprivate' }
      : volumeMount(source, destination)
    found.set(destination, { ...mount, Mode: mode || 'z', RW: mode !== 'ro' })
  }
  for (const mount of listOf(hostConfig.Mounts).map(objectOf)) {
    const destination = textOf(mount.Target)
    const RW = mount.ReadOnly !== true
    if (mount.Type === 'volume') {
      found.set(destination, { ...volumeMount(textOf(mount.Source), destination), RW })
    } else found.set(destination, { ...mount, Destination: destination, RW, Mode: '' })
  }
  return [...found.values()]
}

function volumeMount(name: string, destination: string): JsonObject {
  return {
    Type: 'volume',
    Name: name,
    Source: `/var/lib/docker/volumes/${name}/_data`,
    Destination: destination,
    Driver: 'local',
    Mode: '',
    RW: true,
    Propagation: '',
  }
}

/** A network endpoint as inspect shows it. */
export function endpointOf(endpoint: JsonObject, id: string): JsonObject {
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    NetworkID: '',
    EndpointID: '',
    Gateway: '',
    IPAddress: '',
    IPPrefixLen: 0,
    MacAddress: '',
    DriverOpts: null,
    ...endpoint,
    ...(endpoint.Aliases && { Aliases: [...textsOf(endpoint.Aliases), id.slice(0, 12)] }),
  }
}
