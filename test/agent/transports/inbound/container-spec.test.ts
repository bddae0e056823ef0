import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { agentContainerSpec, jarCacheVolume } from '../../../../agent/transports/inbound/container-spec.ts'
import { createTcpTransport } from '../../../../agent/transports/inbound/tcp.ts'
import { agentContainer, identity, plan } from '../../agent-containers.ts'

const mib = 2 ** 20

describe('the container of a slot', () => {
  test('is what a person would have to type for docker create', () => {
    expect(agentContainerSpec(agentContainer())).toMatchInlineSnapshot(
      { labels: { 'io.footman.version': expect.any(String) } },
      `
      {
        "capAdd": [
          "CHOWN",
          "DAC_OVERRIDE",
          "FOWNER",
          "KILL",
          "SETGID",
          "SETUID",
        ],
        "capDrop": [
          "ALL",
        ],
        "command": [
          "-Xmx96m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:+ExitOnOutOfMemoryError",
          "-jar",
          "/footman/agent.jar",
          "-url",
          "https://jenkins.example/ci/",
          "-name",
          "laptop-ann-1",
          "-secret",
          "@/footman/secret/agent",
          "-workDir",
          "/home/jenkins/agent",
          "-jar-cache",
          "/footman/jars/by-checksum",
          "-webSocket",
          "-noReconnectAfter",
          "1d",
        ],
        "entrypoint": [
          "java",
        ],
        "env": {},
        "extraHosts": [],
        "hostname": "laptop-ann-1",
        "image": "jenkins/inbound-agent:jdk17",
        "init": true,
        "labels": {
          "io.footman.controller": "0a1b2c3d",
          "io.footman.machine": "m-1",
          "io.footman.node-labels": "0.5CPU512M linux",
          "io.footman.size": "0.5CPU512M",
          "io.footman.slot": "laptop-ann-1",
          "io.footman.template": "default",
          "io.footman.transport": "websocket",
          "io.footman.version": Any<String>,
        },
        "memoryBytes": 536870912,
        "mounts": [
          {
            "kind": "bind",
            "readOnly": true,
            "source": "/home/ann/.cache/footman/agent.jar",
            "target": "/footman/agent.jar",
          },
          {
            "kind": "volume",
            "name": "footman-jar-cache-0a1b2c3d",
            "readOnly": false,
            "target": "/footman/jar-cache",
          },
        ],
        "name": "footman-0a1b2c3d-laptop-ann-1",
        "nanoCpus": 500000000,
        "noNewPrivileges": true,
        "pidsLimit": 4096,
        "stopGraceSeconds": 10,
        "workingDir": "/home/jenkins/agent",
      }
    `,
    )
  })

  test('is as large as its plan says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6400 }),
        fc.integer({ min: 64, max: 2 ** 20 }),
        (hundredths, mebibytes) => {
          const size = { cpus: hundredths / 100, memoryBytes: mebibytes * mib }
          const spec = agentContainerSpec(agentContainer({ plan: { ...plan, size } }))
          expect(spec.nanoCpus).toBe(hundredths * 10_000_000)
          expect(spec.memoryBytes).toBe(mebibytes * mib)
        },
      ),
    )
  })

  test('gets no engine socket unless its template says so, and then the group that may use it', () => {
    const socket = () => ({ path: '/run/docker.sock', gid: 998 })
    const without = agentContainerSpec(agentContainer({ socket }))
    expect(JSON.stringify(without)).not.toMatch(/docker\.sock/)
    expect(without.groups).toBeUndefined()
    const spec = agentContainerSpec(agentContainer({ socket, settings: { dockerSocket: true } }))
    expect(spec.groups).toEqual([998])
    expect(spec.mounts).toContainEqual({
      kind: 'bind',
      source: '/run/docker.sock',
      target: '/var/run/docker.sock',
      readOnly: false,
    })
  })

  test('takes over what its template and the owner of the machine set', () => {
    const options = agentContainer({
      settings: {
        env: { TZ: 'UTC' },
        network: 'builds',
        extraHosts: ['host.docker.internal:host-gateway'],
        shm: '1G',
        workDir: '/srv/agent',
        java: '/opt/java/bin/java',
      },
      yaml: { container: { pidsLimit: 512, capabilities: ['CHOWN'], stopGrace: '2500ms' } },
    })
    expect(agentContainerSpec(options)).toMatchObject({
      env: { TZ: 'UTC' },
      network: 'builds',
      extraHosts: ['host.docker.internal:host-gateway'],
      shmBytes: 2 ** 30,
      workingDir: '/srv/agent',
      entrypoint: ['/opt/java/bin/java'],
      pidsLimit: 512,
      capAdd: ['CHOWN'],
      stopGraceSeconds: 3,
    })
  })

  test('is refused for an image that the owner did not allow', () => {
    const options = agentContainer({ yaml: { images: { allow: ['maven:*'] } } })
    expect(() => agentContainerSpec(options)).toThrow(/may not run on this machine/)
  })

  test('is refused when the configuration no longer has its template', () => {
    expect(() => agentContainerSpec({ ...agentContainer(), template: undefined })).toThrow(
      /no template default/,
    )
  })

  test('shares its jar cache with containers of the same controller only', () => {
    const other = { ...identity, controllerId: 'ffffffff' }
    expect(jarCacheVolume(identity)).not.toBe(jarCacheVolume(other))
  })
})

describe('the command of the agent', () => {
  const commandOf = (...given: Parameters<typeof agentContainer>) =>
    agentContainerSpec(agentContainer(...given)).command.join(' ')

  test('over TCP has no -webSocket', () => {
    expect(commandOf()).toMatch(/ -webSocket/)
    expect(commandOf({ transport: createTcpTransport() })).not.toMatch(/-webSocket/)
  })

  test('sets an end to reconnecting where the agent of the controller knows how', () => {
    expect(commandOf({ controllerVersion: '2.498' })).toMatch(/ -noReconnectAfter 1d$/)
    expect(commandOf({ controllerVersion: '2.426.3' })).not.toMatch(/-noReconnectAfter/)
    expect(commandOf({ controllerVersion: undefined })).not.toMatch(/-noReconnectAfter/)
  })

  test.each([
    [128, 64],
    [512, 96],
    [2048, 256],
    [8192, 512],
    [65536, 512],
  ])('in %d MiB leaves the agent a heap of %d MiB', (memory, heap) => {
    const size = { cpus: 1, memoryBytes: memory * mib }
    expect(commandOf({ plan: { ...plan, size } })).toMatch(new RegExp(`^-Xmx${heap}m `))
  })
})
