/** The engine's path of a container. */
export function containerPath(container: string): string {
  return `/containers/${encodeURIComponent(container)}`
}

/** An id as people know it; names as they are. */
export function short(container: string): string {
  return /^[0-9a-f]{64}$/.test(container) ? container.slice(0, 12) : container
}

/** An image reference in parts. */
export interface ImageName {
  /** With the registry's host, as it was given. */
  repository: string
  /** Of the tag, `latest` where there is neither tag nor digest; undefined with a digest. */
  tag: string | undefined
  digest: string | undefined
  /** Where it is kept; Docker Hub is `docker.io`. */
  registry: string
}

/** Takes an image reference apart (distribution/reference: the part before the first slash is a host if it looks like one). */
export function parseImageName(reference: string): ImageName {
  const [name = '', digest] = reference.split('@')
  const slash = name.lastIndexOf('/')
  const colon = name.indexOf(':', slash + 1)
  const repository = colon < 0 ? name : name.slice(0, colon)
  const tag = colon < 0 ? undefined : name.slice(colon + 1)
  const first = name.slice(0, Math.max(0, name.indexOf('/')))
  const isHost = first === 'localhost' || /[.:]/.test(first)
  return {
    repository,
    tag: digest === undefined ? (tag ?? 'latest') : undefined,
    digest,
    registry: isHost ? first : 'docker.io',
  }
}

/** The `filters` of a listing: what carries all labels. */
export function labelFilter(labels: Record<string, string>): string {
  return JSON.stringify({ label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) })
}
