import type { Json, JsonObject } from '../../core/container-host.ts'
import { pairsOf } from './config-options.ts'
import { asArray, asObject, asText, asTexts, isSet } from './json.ts'
import { mountOption } from './mount-option.ts'

/** Makes the words for one property of HostConfig; the second argument is all of it. */
type Option = (value: Json | undefined, host: JsonObject) => string[]

const one =
  (option: string): Option =>
  (value) =>
    isSet(value) ? [option, String(value)] : []
const flag =
  (option: string): Option =>
  (value) =>
    value === true ? [option] : []
const each =
  (option: string, inWords: (item: Json) => string = String): Option =>
  (values) =>
    asArray(values).flatMap((value) => [option, inWords(value)])
const pairs =
  (option: string): Option =>
  (object) =>
    pairsOf(asObject(object)).flatMap((pair) => [option, pair])
const nothing: Option = () => []
const rate = (item: Json) => `${asText(asObject(item).Path)}:${asObject(item).Rate}`

const options: Readonly<Record<string, Option>> = {
  Binds: each('--volume'),
  Mounts: each('--mount', (mount) => mountOption(asObject(mount))),
  Tmpfs: (value) =>
    Object.entries(asObject(value)).flatMap(([path, how]) => ['--tmpfs', how ? `${path}:${how}` : path]),
  VolumesFrom: each('--volumes-from'),
  VolumeDriver: one('--volume-driver'),
  PortBindings: (value) => Object.entries(asObject(value)).flatMap(publish),
  PublishAllPorts: flag('--publish-all'),
  RestartPolicy: (value) => restart(asObject(value)),
  AutoRemove: flag('--rm'),
  NetworkMode: (value) => (value === 'default' ? [] : one('--network')(value, {})),
  Links: each('--link'),
  Dns: each('--dns'),
  DnsOptions: each('--dns-option'),
  DnsSearch: each('--dns-search'),
  ExtraHosts: each('--add-host'),
  CapAdd: each('--cap-add'),
  CapDrop: each('--cap-drop'),
  GroupAdd: each('--group-add'),
  SecurityOpt: each('--security-opt'),
  Privileged: flag('--privileged'),
  ReadonlyRootfs: flag('--read-only'),
  // Empty on purpose, where the engine would hide something.
  MaskedPaths: (value, host) =>
    Array.isArray(value) && value.length === 0 && host.Privileged !== true
      ? ['--security-opt', 'systempaths=unconfined']
      : [],
  ReadonlyPaths: nothing,
  IpcMode: one('--ipc'),
  PidMode: one('--pid'),
  UTSMode: one('--uts'),
  UsernsMode: one('--userns'),
  CgroupnsMode: one('--cgroupns'),
  CgroupParent: one('--cgroup-parent'),
  Runtime: (value) => (value === 'runc' ? [] : one('--runtime')(value, {})),
  Init: (value) => (typeof value === 'boolean' ? [value ? '--init' : '--init=false'] : []),
  LogConfig: (value) => {
    const { Type, Config } = asObject(value)
    return [...one('--log-driver')(Type, {}), ...pairs('--log-opt')(Config, {})]
  },
  Sysctls: pairs('--sysctl'),
  StorageOpt: pairs('--storage-opt'),
  Annotations: pairs('--annotation'),
  Devices: each('--device', (item) => {
    const { PathOnHost, PathInContainer, CgroupPermissions } = asObject(item)
    return [PathOnHost, PathInContainer, CgroupPermissions].filter(isSet).join(':')
  }),
  DeviceCgroupRules: each('--device-cgroup-rule'),
  DeviceRequests: each('--gpus', (item) => gpus(asObject(item))),
  Ulimits: each('--ulimit', (item) => {
    const { Name, Soft, Hard } = asObject(item)
    return `${Name}=${Soft}:${Hard}`
  }),
  ShmSize: one('--shm-size'),
  OomScoreAdj: one('--oom-score-adj'),
  OomKillDisable: flag('--oom-kill-disable'),
  PidsLimit: one('--pids-limit'),
  Memory: one('--memory'),
  MemoryReservation: one('--memory-reservation'),
  MemorySwap: one('--memory-swap'),
  MemorySwappiness: (value) => (typeof value === 'number' ? ['--memory-swappiness', String(value)] : []),
  KernelMemory: one('--kernel-memory'),
  NanoCpus: (value) => (isSet(value) ? ['--cpus', String(Number(value) / 1e9)] : []),
  CpuShares: one('--cpu-shares'),
  CpuPeriod: one('--cpu-period'),
  CpuQuota: one('--cpu-quota'),
  CpuRealtimePeriod: one('--cpu-rt-period'),
  CpuRealtimeRuntime: one('--cpu-rt-runtime'),
  CpusetCpus: one('--cpuset-cpus'),
  CpusetMems: one('--cpuset-mems'),
  BlkioWeight: one('--blkio-weight'),
  BlkioWeightDevice: each('--blkio-weight-device', (item) => {
    const { Path, Weight } = asObject(item)
    return `${Path}:${Weight}`
  }),
  BlkioDeviceReadBps: each('--device-read-bps', rate),
  BlkioDeviceWriteBps: each('--device-write-bps', rate),
  BlkioDeviceReadIOps: each('--device-read-iops', rate),
  BlkioDeviceWriteIOps: each('--device-write-iops', rate),
  ConsoleSize: nothing,
}

/** Properties of HostConfig that `recreateCommands` knows. */
export const coveredHostConfig: ReadonlySet<string> = new Set(Object.keys(options))

/** Options of `docker create` for a HostConfig (docker/cli cli/command/container/opts.go). Pure. */
export function hostOptions(host: JsonObject): string[] {
  return Object.entries(options).flatMap(([key, option]) => option(host[key], host))
}

function publish([port, bindings]: [string, Json | undefined]): string[] {
  return asArray(bindings)
    .map(asObject)
    .flatMap(({ HostIp, HostPort }) => {
      const ip = asText(HostIp)
      const address = ip.includes(':') ? `[${ip}]` : ip
      const from = address ? `${address}:${asText(HostPort)}:` : HostPort ? `${asText(HostPort)}:` : ''
      return ['--publish', `${from}${port}`]
    })
}

function restart({ Name, MaximumRetryCount }: JsonObject): string[] {
  if (!Name || Name === 'no') return []
  const isLimited = Name === 'on-failure' && isSet(MaximumRetryCount)
  return ['--restart', isLimited ? `${Name}:${MaximumRetryCount}` : String(Name)]
}

/** In the notation of the option, which is CSV. */
function gpus({ Driver, Count, DeviceIDs, Capabilities }: JsonObject): string {
  const ids = asTexts(DeviceIDs)
  const capabilities = asTexts(asArray(Capabilities)[0]).filter((name) => name !== 'gpu')
  const fields = [
    ...(isSet(Driver) ? [`driver=${Driver}`] : []),
    ids.length > 0 ? `"device=${ids.join(',')}"` : `count=${Count === -1 ? 'all' : Count}`,
    ...(capabilities.length > 0 ? [`"capabilities=${capabilities.join(',')}"`] : []),
  ]
  return fields.join(',')
}
