import type { ContainerHost, RawContainer, RawImage } from '../../core/container-host.ts'
import { UserError } from '../../core/errors.ts'
import { asTexts } from '../recipe/json.ts'
import { neighbourIdsOf } from '../recipe/make-recipe.ts'
import type { Release } from './contract.ts'
import { digestOf, type Newest, newest } from './newest.ts'

export interface Surroundings {
  container: RawContainer
  /** The image of the container. */
  image: RawImage
  /** What the followed reference names on this machine. */
  local: RawImage | undefined
  running: Release
}

/** The controller's container and its image. Undefined when there is no container of that name. */
export async function lookAround(
  host: ContainerHost,
  name: string,
  { reference, signal }: { reference: string; signal: AbortSignal | undefined },
): Promise<Surroundings | undefined> {
  const container = await host.inspect(name, signal)
  if (!container) return undefined
  const [image, local] = await Promise.all([
    host.inspectImage(container.Image, signal),
    host.inspectImage(reference, signal),
  ])
  if (!image) {
    throw new UserError(`the image of the container ${name} is not on the engine any more`, {
      hint: `docker commit ${name} makes one of what is left of it`,
    })
  }
  const named = container.Config.Image
  // After a rollback it is the id of the image.
  const own = typeof named === 'string' && !named.startsWith('sha256:') ? named : reference
  const running = {
    version: versionIn(image),
    imageId: image.Id,
    digest: digestOf(image, own),
    reference: own,
  }
  return { container, image, local, running }
}

/** What the reference has to offer, asking its registry where that goes. */
export async function askNewest(
  host: ContainerHost,
  { image, local }: Surroundings,
  { reference, signal }: { reference: string; signal: AbortSignal | undefined },
): Promise<Newest> {
  const beforeAsking = newest({ reference, running: image, local, remote: undefined })
  if (reference.includes('@')) return beforeAsking
  const remote = await host.remoteDigest(reference, signal)
  return newest({ reference, running: image, local, remote })
}

/** Names of the containers whose name spaces this one shares, by their ids: ids do not outlive an upgrade of theirs. */
export async function neighboursOf(
  host: ContainerHost,
  container: RawContainer,
  signal: AbortSignal | undefined,
): Promise<Record<string, string>> {
  const found = await Promise.all(neighbourIdsOf(container).map((id) => host.inspect(id, signal)))
  return Object.fromEntries(found.flatMap((one) => (one ? [[one.Id, one.Name.replace(/^\//, '')]] : [])))
}

/** All other containers of the engine that run: some may be tied to this one. One that goes meanwhile is left out. */
export async function othersBeside(
  host: ContainerHost,
  container: RawContainer,
  signal: AbortSignal | undefined,
): Promise<RawContainer[]> {
  const listed = (await host.list({}, signal)).filter(
    ({ id, status }) => id !== container.Id && status === 'running',
  )
  const found = await Promise.all(listed.map(({ id }) => host.inspect(id, signal)))
  return found.filter((one): one is RawContainer => one !== undefined)
}

/** As the official image says; others may not. */
export function versionIn(image: RawImage): string | undefined {
  const prefix = 'JENKINS_VERSION='
  const line = asTexts(image.Config.Env).find((one) => one.startsWith(prefix))
  return line?.slice(prefix.length) || undefined
}
