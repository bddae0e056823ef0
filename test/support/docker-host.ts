import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { ContainerHost, JsonObject } from '../../core/container-host.ts'
import { connectDockerHost } from '../../core/docker.ts'
import { type TestDocker, useDocker } from './docker.ts'

export interface TestHost {
  host: ContainerHost
  docker: TestDocker
  /** A name that nobody else uses. */
  name(): string
  /** Carry these on all that is made, so that it is removed at the end. */
  labels: Record<string, string>
  /** Makes a container of the tiny image that runs a shell script; gives its id. */
  make(script: string, body?: JsonObject, name?: string): Promise<string>
  /** The same, started. */
  start(script: string, body?: JsonObject, name?: string): Promise<string>
  network(body?: JsonObject): Promise<string>
}

/** The running Docker Engine as a ContainerHost, for the tests of one file; call it at the top of the file. */
export function useDockerHost(): TestHost {
  const docker = useDocker()
  const run = `footman-test-${randomBytes(4).toString('hex')}`
  let connected: ContainerHost | undefined
  let made = 0
  const networks: string[] = []
  const test: TestHost = {
    docker,
    name: () => `${run}-${++made}`,
    get host(): ContainerHost {
      if (!connected) throw new Error('the engine is there from beforeAll on')
      return connected
    },
    labels: docker.label,
    make(script, body = {}, name = test.name()) {
      const Labels = { ...docker.label, ...(body.Labels as Record<string, string> | undefined) }
      const common = { Image: docker.image, Entrypoint: ['sh', '-c'], Cmd: [script], StopTimeout: 1 }
      return test.host.create(name, { ...common, ...body, Labels })
    },
    async start(script, body, name) {
      const id = await test.make(script, body, name)
      await test.host.start(id)
      return id
    },
    async network(body = {}) {
      const name = test.name()
      await test.host.createNetwork({ Name: name, Labels: docker.label, ...body })
      networks.push(name)
      return name
    },
  }
  beforeAll(async () => {
    connected = await connectDockerHost()
  })
  afterAll(async () => {
    const host = connected
    if (!host) return
    for (const { id } of await host.list(docker.label)) await host.remove(id, { volumes: true })
    for (const volume of await host.listVolumes(docker.label)) await host.removeVolume(volume)
    for (const network of networks) await host.removeNetwork(network)
    for (const { id, references } of await host.listImages(docker.label)) {
      for (const name of references.length > 0 ? references : [id]) await host.removeImage(name)
    }
  })
  return test
}
