import type { ContainerHost, RawContainer } from '../../container-host.ts'
import { listAnswer, listedState, versionAnswer } from '../answers.ts'
import { joinLogFrames } from '../log-frames.ts'
import { layerChanges, rawContainer } from './answers.ts'
import type { EngineApi } from './api.ts'
import { containerPath, labelFilter, short } from './names.ts'

/** What can be seen of an engine and its containers. `apiVersion` is the one spoken, such as `1.41`. */
export function lookCalls(
  api: EngineApi,
  apiVersion: string,
): Pick<ContainerHost, 'facts' | 'inspect' | 'list' | 'logs' | 'changes'> {
  return {
    async facts(signal) {
      const question = { doing: 'ask the engine about itself', signal }
      const answer = await api.json(question, { method: 'GET', path: '/version' })
      const version = api.asker.read(versionAnswer, answer)
      return {
        name: version.Platform?.Name || version.Components?.[0]?.Name || 'Docker Engine',
        version: version.Version,
        apiVersion,
        os: version.Os,
        arch: version.Arch,
      }
    },

    inspect: (container, signal) => inspectContainer(api, container, signal),

    async list(labels, signal) {
      const query = { all: true, filters: labelFilter(labels) }
      const question = { doing: 'list containers', signal }
      const answer = await api.json(question, { method: 'GET', path: '/containers/json', query })
      return api.asker
        .read(listAnswer, answer)
        .map(listedState)
        .map(({ id, name, image, labels, status }) => ({ id, name, image, labels, status }))
    },

    async logs(container, tailLines, signal) {
      const question = {
        doing: `read the log of the container ${short(container)}`,
        signal,
        ms: api.longMs,
      }
      const found = await inspectContainer(api, container, signal)
      const query = { stdout: true, stderr: true, tail: tailLines }
      const path = `${containerPath(container)}/logs`
      const bytes = await api.bytes(question, { method: 'GET', path, query })
      return found?.Config.Tty === true ? bytes.toString('utf8') : joinLogFrames(bytes)
    },

    async changes(container, signal) {
      const question = {
        doing: `look for changed files in the container ${short(container)}`,
        signal,
        ms: api.longMs,
      }
      const answer = await api.json(question, { method: 'GET', path: `${containerPath(container)}/changes` })
      return api.asker.read(layerChanges, answer)
    },
  }
}

/** The whole answer, or undefined when there is no such container. */
export async function inspectContainer(
  api: EngineApi,
  container: string,
  signal: AbortSignal | undefined,
): Promise<RawContainer | undefined> {
  const question = { doing: `look at the container ${short(container)}`, signal }
  const answer = await api.json(question, { method: 'GET', path: `${containerPath(container)}/json` }, [404])
  if (answer === undefined) return undefined
  const found = api.asker.read(rawContainer, answer)
  // An engine also takes the beginning of an id: one that is called cafe must not be found for somebody else's cafe02….
  const isMeant = found.Name === `/${container}` || (container.length >= 12 && found.Id.startsWith(container))
  return isMeant ? found : undefined
}
