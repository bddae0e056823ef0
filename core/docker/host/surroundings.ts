import type { ContainerHost } from '../../container-host.ts'
import { messageOf } from '../../errors.ts'
import { anyObject, madeId, volumeNames } from './answers.ts'
import type { EngineApi } from './api.ts'
import { labelFilter, short } from './names.ts'

type NetworkCalls = 'inspectNetwork' | 'createNetwork' | 'removeNetwork' | 'connect' | 'disconnect'

export function networkCalls(api: EngineApi): Pick<ContainerHost, NetworkCalls> {
  const path = (network: string) => `/networks/${encodeURIComponent(network)}`
  return {
    async inspectNetwork(network, signal) {
      const question = { doing: `look at the network ${network}`, signal }
      const answer = await api.json(question, { method: 'GET', path: path(network) }, [404])
      return answer === undefined ? undefined : api.asker.read(anyObject, answer)
    },

    async createNetwork(body, signal) {
      const question = { doing: `make the network ${body.Name}`, signal, ms: api.longMs }
      // Engines before API 1.44 would make a second one of the same name.
      const request = {
        method: 'POST',
        path: '/networks/create',
        body: { CheckDuplicate: true, ...body },
      } as const
      return api.asker.read(madeId, await api.json(question, request))
    },

    async removeNetwork(network, signal) {
      const question = { doing: `remove the network ${network}`, signal, ms: api.longMs }
      await api.json(question, { method: 'DELETE', path: path(network) }, [404])
    },

    async connect(network, container, endpoint, signal) {
      const doing = `connect the container ${short(container)} to the network ${network}`
      const body = { Container: container, EndpointConfig: endpoint }
      await api.json(
        { doing, signal, ms: api.longMs },
        { method: 'POST', path: `${path(network)}/connect`, body },
      )
    },

    async disconnect(network, container, signal) {
      const doing = `disconnect the container ${short(container)} from the network ${network}`
      const body = { Container: container, Force: false }
      try {
        const question = { doing, signal, ms: api.longMs }
        await api.json(question, { method: 'POST', path: `${path(network)}/disconnect`, body }, [404])
      } catch (error) {
        if (!/is not connected to/.test(messageOf(error))) throw error
      }
    },
  }
}

type VolumeCalls = 'inspectVolume' | 'listVolumes' | 'createVolume' | 'removeVolume'

export function volumeCalls(api: EngineApi): Pick<ContainerHost, VolumeCalls> {
  const path = (volume: string) => `/volumes/${encodeURIComponent(volume)}`
  return {
    async inspectVolume(volume, signal) {
      const question = { doing: `look at the volume ${volume}`, signal }
      const answer = await api.json(question, { method: 'GET', path: path(volume) }, [404])
      return answer === undefined ? undefined : api.asker.read(anyObject, answer)
    },

    async listVolumes(labels, signal) {
      const query = { filters: labelFilter(labels) }
      const answer = await api.json(
        { doing: 'list volumes', signal },
        { method: 'GET', path: '/volumes', query },
      )
      return api.asker.read(volumeNames, answer)
    },

    async createVolume(name, labels, signal) {
      const question = { doing: `make the volume ${name}`, signal, ms: api.longMs }
      await api.json(question, {
        method: 'POST',
        path: '/volumes/create',
        body: { Name: name, Labels: labels },
      })
    },

    async removeVolume(volume, signal) {
      const question = { doing: `remove the volume ${volume}`, signal, ms: api.longMs }
      await api.json(question, { method: 'DELETE', path: path(volume) }, [404])
    },
  }
}
