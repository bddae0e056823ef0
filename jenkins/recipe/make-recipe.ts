import type { RawContainer, RawImage } from '../../core/container-host.ts'
import { configOf } from './config.ts'
import { hostConfigOf } from './host-config.ts'
import { networksOf } from './networks.ts'
import type { Recipe } from './recipe.ts'

export interface RecipeParts {
  /** The container as it is. It should run: only then does the engine tell which ports it chose. */
  container: RawContainer
  /** What it was made from: what it has of that is not repeated, so that the new image's own values come in. */
  oldImage: RawImage
  newImage: RawImage
  /** Of the new container. */
  name: string
  /** The new image as people call it, or its id. */
  reference: string
  /** Names of other containers by id, so that a shared network or process space is found again after these were made anew, too. */
  neighbours?: Readonly<Record<string, string>>
}

/**
 * The recipe of a container like this one with another image: all that a person has set, nothing that only came from the old image or
 * from the engine. Volumes without a name are held by the name that the engine gave them. Pure.
 */
export function recipeOf(parts: RecipeParts): Recipe {
  const { container, name, neighbours = {} } = parts
  const networks = networksOf(container, neighbours)
  const endpoints = Object.keys(networks.endpoints).length > 0 && {
    NetworkingConfig: { EndpointsConfig: networks.endpoints },
  }
  return structuredClone({
    name,
    body: {
      ...configOf(parts),
      HostConfig: { ...hostConfigOf(container, neighbours), NetworkMode: networks.mode },
      ...endpoints,
    },
    connect: networks.connect,
  })
}

/** Ids of the containers whose name spaces or volumes this one uses: ask the engine for their names. */
export function neighbourIdsOf({ HostConfig }: RawContainer): string[] {
  const texts = [HostConfig.NetworkMode, HostConfig.IpcMode, HostConfig.PidMode]
  return [...new Set(texts.flatMap((text) => /^container:(.+)$/.exec(String(text))?.[1] ?? []))]
}
