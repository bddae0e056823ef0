import type { ContainerHost } from '../../container-host.ts'
import { RemoteError } from '../../errors.ts'
import { listedImage, listedImages, rawImage, remoteImage } from './answers.ts'
import type { EngineApi } from './api.ts'
import { buildReader } from './build-progress.ts'
import { allRegistryAuth, registryAuth } from './credentials.ts'
import { labelFilter, parseImageName } from './names.ts'

/** Images. `env` tells where the logins of the docker command line are. */
export function imageCalls(
  api: EngineApi,
  env: NodeJS.ProcessEnv,
): Pick<
  ContainerHost,
  'inspectImage' | 'remoteDigest' | 'pull' | 'tag' | 'removeImage' | 'listImages' | 'build'
> {
  const authHeader = async (reference: string, signal: AbortSignal | undefined) => {
    const auth = await registryAuth(parseImageName(reference).registry, { env, signal })
    return auth && { 'X-Registry-Auth': auth.reveal() }
  }
  return {
    async inspectImage(reference, signal) {
      const question = { doing: `look for the image ${reference}`, signal }
      const answer = await api.json(question, { method: 'GET', path: `/images/${reference}/json` }, [404])
      return answer === undefined ? undefined : api.asker.read(rawImage, answer)
    },

    async remoteDigest(reference, signal) {
      const headers = await authHeader(reference, signal)
      const question = { doing: `ask the registry for ${reference}`, signal, ms: api.longMs }
      const request = {
        method: 'GET',
        path: `/distribution/${reference}/json`,
        ...(headers && { headers }),
      } as const
      try {
        return api.asker.read(remoteImage, await api.json(question, request))
      } catch (error) {
        // The engine answers, but the registry, or the engine for it, cannot tell.
        if (hasStatus(error)) return undefined
        throw error
      }
    },

    async pull(reference, onProgress, signal) {
      const { repository, tag, digest } = parseImageName(reference)
      const headers = await authHeader(reference, signal)
      const query = { fromImage: repository, tag: digest ?? tag }
      const request = { method: 'POST', path: '/images/create', query, ...(headers && { headers }) } as const
      await api.asker.follow({ doing: `pull the image ${reference}`, signal }, onProgress, (abort) =>
        api.beginStream(request, abort),
      )
    },

    async tag(image, reference, signal) {
      const { repository, tag } = parseImageName(reference)
      const question = { doing: `name the image ${image} ${reference}`, signal }
      await api.json(question, {
        method: 'POST',
        path: `/images/${image}/tag`,
        query: { repo: repository, tag },
      })
    },

    async removeImage(reference, signal) {
      const question = { doing: `remove the image ${reference}`, signal, ms: api.longMs }
      const answer = await api.json(question, { method: 'DELETE', path: `/images/${reference}` }, [404, 409])
      return { removed: answer !== undefined }
    },

    async listImages(labels, signal) {
      const question = { doing: 'list images', signal }
      const query = { filters: labelFilter(labels) }
      const answer = await api.json(question, { method: 'GET', path: '/images/json', query })
      return api.asker.read(listedImages, answer).map(listedImage)
    },

    async build(context, options, signal) {
      const { reference, buildArgs = {}, labels = {}, onProgress = () => {}, pull, noCache } = options
      const logins = await allRegistryAuth({ env, signal })
      const reader = buildReader()
      const query = {
        t: reference,
        buildargs: JSON.stringify(buildArgs),
        labels: JSON.stringify(labels),
        pull,
        nocache: noCache,
        forcerm: true,
      }
      const headers = logins && { 'X-Registry-Config': logins.reveal() }
      const request = {
        method: 'POST',
        path: '/build',
        query,
        tar: context,
        ...(headers && { headers }),
      } as const
      const doing = `build the image ${reference}`
      await api.asker.followLines({ doing, signal, reader }, onProgress, (abort, extend) =>
        api.beginStream(request, abort, extend),
      )
      const id = reader.imageId()
      if (id) return id
      throw new RemoteError('broken', `cannot ${doing}: the engine names no image at the end`)
    },
  }
}

function hasStatus(error: unknown): boolean {
  const { status, code } = Object(error) as Record<string, unknown>
  return (code === 'remote' && status !== undefined) || code === 'user'
}
