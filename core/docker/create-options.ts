import type { ContainerSpec, Mount, PublishedPort } from '../container-engine.ts'

/**
 * The body of `POST /containers/create` for a container. Never privileged, no swap beyond its memory,
 * never restarted by the engine, and a log that cannot fill the disk.
 */
export function createOptions(spec: ContainerSpec) {
  return {
    name: spec.name,
    Image: spec.image,
    Entrypoint: spec.entrypoint,
    Cmd: spec.command,
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    Labels: spec.labels,
    ...(spec.user !== undefined && { User: spec.user }),
    ...(spec.workingDir !== undefined && { WorkingDir: spec.workingDir }),
    ...(spec.hostname !== undefined && { Hostname: spec.hostname }),
    StopTimeout: spec.stopGraceSeconds,
    ...(spec.publish && {
      ExposedPorts: Object.fromEntries(spec.publish.map(({ containerPort }) => [`${containerPort}/tcp`, {}])),
    }),
    HostConfig: {
      NanoCpus: spec.nanoCpus,
      Memory: spec.memoryBytes,
      MemorySwap: spec.memoryBytes, // memory and swap together: no swap
      PidsLimit: spec.pidsLimit,
      Init: spec.init,
      Privileged: false,
      SecurityOpt: spec.noNewPrivileges ? ['no-new-privileges'] : [],
      ...(spec.groups && { GroupAdd: spec.groups.map(String) }),
      CapAdd: spec.capAdd,
      CapDrop: spec.capDrop,
      Mounts: spec.mounts.map(mountOption),
      ...(spec.network !== undefined && { NetworkMode: spec.network }),
      ExtraHosts: spec.extraHosts ?? [],
      ...(spec.publish && { PortBindings: Object.fromEntries(spec.publish.map(portBinding)) }),
      ...(spec.shmBytes !== undefined && { ShmSize: spec.shmBytes }),
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
      RestartPolicy: { Name: 'no' },
    },
  }
}

function mountOption(mount: Mount) {
  return {
    Type: mount.kind,
    Source: mount.kind === 'bind' ? mount.source : mount.name,
    Target: mount.target,
    ReadOnly: mount.readOnly,
  }
}

function portBinding({ containerPort, hostIp, hostPort }: PublishedPort) {
  return [`${containerPort}/tcp`, [{ HostIp: hostIp, HostPort: hostPort === 0 ? '' : String(hostPort) }]]
}
