import type { ContainerHost } from '../../container-host.ts'
import type { EngineApi } from './api.ts'
import { containerPath, short } from './names.ts'

/** Files of a container, running or not. */
export function fileCalls(api: EngineApi): Pick<ContainerHost, 'getArchive' | 'putArchive'> {
  return {
    async getArchive(container, path, signal) {
      const doing = `read ${path} in the container ${short(container)}`
      const request = { method: 'GET', path: `${containerPath(container)}/archive`, query: { path } } as const
      return await api.stream({ doing, signal, ms: api.longMs }, request)
    },

    async putArchive(container, folder, tar, signal) {
      const doing = `put files into ${folder} in the container ${short(container)}`
      const query = { path: folder }
      const request = { method: 'PUT', path: `${containerPath(container)}/archive`, query, tar } as const
      await api.json({ doing, signal, ms: api.longMs }, request)
    },
  }
}
