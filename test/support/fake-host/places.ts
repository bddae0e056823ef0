import type { ContainerHost, JsonObject } from '../../../core/container-host.ts'
import { RemoteError } from '../../../core/errors.ts'
import { objectOf, textOf } from './json.ts'

type PlaceCalls =
  | 'inspectNetwork'
  | 'createNetwork'
  | 'removeNetwork'
  | 'connect'
  | 'disconnect'
  | 'inspectVolume'
  | 'listVolumes'
  | 'createVolume'
  | 'removeVolume'

/** What networks and volumes ask of the containers. */
export interface Tenants {
  connect(container: string, network: string, endpoint: JsonObject): void
  disconnect(container: string, network: string): void
  onNetwork(network: string): string[]
  withVolume(volume: string): string[]
}

/** Networks and volumes of the fake. */
export class FakePlaces {
  readonly #networks = new Map<string, JsonObject>([['bridge', { Name: 'bridge', Driver: 'bridge' }]])
  readonly #volumes = new Map<string, Record<string, string>>()
  #made = 0

  networkNames(): string[] {
    return [...this.#networks.keys()].filter((name) => name !== 'bridge')
  }

  volumeNames(): string[] {
    return [...this.#volumes.keys()]
  }

  hasNetwork(name: string): boolean {
    return this.#network(name) !== undefined
  }

  /** As the engine does for a name that a container mounts. */
  ensureVolume(name: string): void {
    if (!this.#volumes.has(name)) this.#volumes.set(name, {})
  }

  forgetVolume(name: string): void {
    this.#volumes.delete(name)
  }

  calls(tenants: Tenants): Pick<ContainerHost, PlaceCalls> {
    return {
      inspectNetwork: async (network) => structuredClone(this.#network(network)),
      createNetwork: async (body) => {
        const name = textOf(body.Name)
        if (this.#networks.has(name)) {
          throw new RemoteError('conflict', `network with name ${name} already exists`, { status: 409 })
        }
        const Id = `${++this.#made}`.padStart(64, 'e')
        this.#networks.set(name, { Driver: 'bridge', Internal: false, Labels: {}, ...body, Id })
        return Id
      },
      removeNetwork: async (network) => {
        const name = this.#nameOf(network)
        if (name === undefined) return
        if (tenants.onNetwork(name).length > 0) {
          throw new RemoteError('forbidden', `network ${name} has active endpoints`, { status: 403 })
        }
        this.#networks.delete(name)
      },
      connect: async (network, container, endpoint) => {
        const name = this.#nameOf(network)
        if (name === undefined) {
          throw new RemoteError('not-found', `network ${network} not found`, { status: 404 })
        }
        tenants.connect(container, name, endpoint)
      },
      disconnect: async (network, container) => {
        const name = this.#nameOf(network)
        if (name !== undefined) tenants.disconnect(container, name)
      },
      inspectVolume: async (volume) => {
        const labels = this.#volumes.get(volume)
        if (!labels) return undefined
        const Mountpoint = `/var/lib/docker/volumes/${volume}/_data`
        return { Name: volume, Driver: 'local', Labels: labels, Mountpoint, Options: null, Scope: 'local' }
      },
      listVolumes: async (labels) =>
        [...this.#volumes]
          .filter(([, has]) => Object.entries(labels).every(([key, value]) => has[key] === value))
          .map(([name]) => name),
      createVolume: async (name, labels) => {
        if (!this.#volumes.has(name)) this.#volumes.set(name, { ...labels })
      },
      removeVolume: async (volume) => {
        if (tenants.withVolume(volume).length > 0) {
          throw new RemoteError('conflict', `remove ${volume}: volume is in use`, { status: 409 })
        }
        this.#volumes.delete(volume)
      },
    }
  }

  #network(network: string): JsonObject | undefined {
    const name = this.#nameOf(network)
    return name === undefined ? undefined : objectOf(this.#networks.get(name))
  }

  #nameOf(network: string): string | undefined {
    for (const [name, body] of this.#networks) if (name === network || body.Id === network) return name
    return undefined
  }
}
