import type { RawImage, RemoteImage } from '../../core/container-host.ts'

export interface Compared {
  reference: string
  /** The image of the container. */
  running: RawImage
  /** What the reference names on this machine. */
  local: RawImage | undefined
  /** What it names in its registry; undefined when that cannot be asked. */
  remote: RemoteImage | undefined
}

export interface Newest {
  /** `unknown`: only pulling can tell, if anything. */
  verdict: 'up-to-date' | 'newer' | 'pinned' | 'unknown'
  /** It has to be pulled before it can run. */
  pull: boolean
  digest: string | undefined
  imageId: string | undefined
  reason: string
}

/**
 * What a reference has to offer over what runs, without pulling: digests are compared with those that the engine remembers of the
 * running image. An image that was built or loaded here has none: then its id is compared. A reference with a digest is
 * pinned: no registry can change what it names. Pure.
 */
export function newest({ reference, running, local, remote }: Compared): Newest {
  const pinned = digestIn(reference)
  if (pinned) return comparePinned(pinned, running, local)
  if (remote) {
    const { digest } = remote
    if (hasDigest(running, digest)) {
      return upToDate(running, digest, `${reference} is what runs`)
    }
    const isHere = local !== undefined && hasDigest(local, digest)
    return newer(isHere ? local : undefined, digest, `the registry has a newer ${reference}`)
  }
  if (!local) return unknown(`neither a registry nor this machine could say what ${reference} is`)
  if (local.Id !== running.Id) {
    return newer(
      local,
      digestOf(local, reference),
      `this machine has another ${reference} than the one that runs`,
    )
  }
  if (local.RepoDigests.length === 0) {
    return upToDate(running, undefined, `${reference}, made on this machine, is what runs`)
  }
  return { ...unknown(`the registry of ${reference} cannot be asked without pulling`), imageId: local.Id }
}

function comparePinned(digest: string, running: RawImage, local: RawImage | undefined): Newest {
  if (hasDigest(running, digest) || (local && local.Id === running.Id)) {
    return {
      verdict: 'pinned',
      pull: false,
      digest,
      imageId: running.Id,
      reason: `the image is pinned to ${digest.slice(0, 19)}, which runs`,
    }
  }
  return newer(local, digest, `the image is pinned to ${digest.slice(0, 19)}, and another one runs`)
}

function upToDate(running: RawImage, digest: string | undefined, reason: string): Newest {
  return { verdict: 'up-to-date', pull: false, digest, imageId: running.Id, reason }
}

function newer(local: RawImage | undefined, digest: string | undefined, reason: string): Newest {
  return { verdict: 'newer', pull: !local, digest, imageId: local?.Id, reason }
}

function unknown(reason: string): Newest {
  return { verdict: 'unknown', pull: true, digest: undefined, imageId: undefined, reason }
}

/** `sha256:…` of `repository@sha256:…`. */
export function digestIn(reference: string): string | undefined {
  const at = reference.indexOf('@')
  return at === -1 ? undefined : reference.slice(at + 1)
}

/** The digest by which the registry of this reference knows an image. */
export function digestOf(image: RawImage, reference: string): string | undefined {
  const pinned = digestIn(reference)
  const digests = image.RepoDigests.flatMap((known) => digestIn(known) ?? [])
  return digests.find((digest) => digest === pinned) ?? digests.at(-1)
}

/** By digest alone: a mirror names the same content in another repository. */
function hasDigest(image: RawImage, digest: string): boolean {
  return image.RepoDigests.some((known) => digestIn(known) === digest)
}
