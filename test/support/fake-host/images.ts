import { createHash } from 'node:crypto'
import type { BuildOptions, ContainerHost, RawImage, RemoteImage } from '../../../core/container-host.ts'
import { RemoteError, UserError } from '../../../core/errors.ts'
import { objectOf } from './json.ts'

type ImageCalls = 'inspectImage' | 'remoteDigest' | 'pull' | 'tag' | 'removeImage' | 'listImages' | 'build'

interface Remote {
  digest: string
  image?: Partial<RawImage>
}

/** The images of the fake, and what its registries have. */
export class FakeImages {
  readonly #now: () => number
  readonly #images = new Map<string, RawImage>()
  readonly #remotes = new Map<string, Remote>()
  #digestsKnown = true
  #build: (options: BuildOptions) => Partial<RawImage> = () => ({})
  #made = 0

  constructor(now: () => number) {
    this.#now = now
  }

  add(reference: string, image: Partial<RawImage> = {}): string {
    const made: RawImage = {
      Id: `sha256:${createHash('sha256')
        .update(`image ${++this.#made}`)
        .digest('hex')}`,
      RepoDigests: [],
      Created: new Date(this.#now()).toISOString(),
      Os: 'linux',
      Architecture: 'amd64',
      Size: 100_000_000,
      ...image,
      Config: { Env: ['PATH=/bin'], Cmd: ['sh'], ...image.Config },
      RepoTags: [],
    }
    const known = this.#images.get(made.Id)
    if (!known) this.#images.set(made.Id, made)
    this.#name(known ?? made, withTag(reference))
    return made.Id
  }

  setRemote(reference: string, remote: Remote | undefined): void {
    if (remote) this.#remotes.set(withTag(reference), remote)
    else this.#remotes.delete(withTag(reference))
  }

  setDigestsKnown(known: boolean): void {
    this.#digestsKnown = known
  }

  onBuild(answer: (options: BuildOptions) => Partial<RawImage>): void {
    this.#build = answer
  }

  find(reference: string): RawImage | undefined {
    const byId = [...this.#images.values()].find(({ Id }) =>
      [Id, Id.slice('sha256:'.length)].some((id) => reference.length >= 12 && id.startsWith(reference)),
    )
    if (byId) return byId
    return [...this.#images.values()].find(
      ({ RepoTags, RepoDigests }) => RepoTags.includes(withTag(reference)) || RepoDigests.includes(reference),
    )
  }

  calls(uses: (id: string) => boolean): Pick<ContainerHost, ImageCalls> {
    return {
      inspectImage: async (reference) => structuredClone(this.find(reference)),
      remoteDigest: async (reference) => this.#remoteImage(reference),
      pull: async (reference, onProgress) => {
        const remote = this.#remotes.get(withTag(reference))
        if (!remote) throw new UserError(`cannot pull the image ${reference}: manifest unknown`)
        onProgress(`Pulling from ${reference}`)
        const repository = withTag(reference).replace(/:[^:/]*$/, '')
        this.add(reference, {
          Id: `sha256:${createHash('sha256').update(remote.digest).digest('hex')}`,
          RepoDigests: [`${repository}@${remote.digest}`],
          ...remote.image,
        })
      },
      tag: async (image, reference) => this.#name(this.#get(image), withTag(reference)),
      removeImage: async (reference) => ({ removed: this.#remove(reference, uses) }),
      listImages: async (labels) =>
        [...this.#images.values()]
          .map((image) => ({
            id: image.Id,
            references: [...image.RepoTags],
            labels: objectOf(image.Config.Labels) as Record<string, string>,
            createdAtMs: Date.parse(String(image.Created)),
            sizeBytes: Number(image.Size),
          }))
          .filter((image) => Object.entries(labels).every(([key, value]) => image.labels[key] === value)),
      build: async (context, options) => {
        for await (const _chunk of context);
        options.onProgress?.('Step 1/1 : FROM scratch')
        const image = this.#build(options)
        const Labels = { ...objectOf(image.Config?.Labels), ...options.labels }
        return this.add(options.reference, { ...image, Config: { ...image.Config, Labels } })
      },
    }
  }

  #remoteImage(reference: string): RemoteImage | undefined {
    const remote = this.#digestsKnown ? this.#remotes.get(withTag(reference)) : undefined
    return remote && { digest: remote.digest, platforms: [{ os: 'linux', arch: 'amd64' }] }
  }

  #get(reference: string): RawImage {
    const image = this.find(reference)
    if (!image) throw new UserError(`No such image: ${reference}`, { hint: 'pull it' })
    return image
  }

  #name(image: RawImage, reference: string): void {
    if (/^sha256:/.test(reference)) throw new RemoteError('rejected', `not a name: ${reference}`)
    for (const other of this.#images.values()) {
      other.RepoTags = other.RepoTags.filter((tag) => tag !== reference)
    }
    image.RepoTags.push(reference)
  }

  #remove(reference: string, uses: (id: string) => boolean): boolean {
    const image = this.find(reference)
    if (!image) return false
    const isName = image.RepoTags.includes(withTag(reference))
    if (!isName && image.RepoTags.length > 1) return false
    if (isName && image.RepoTags.length > 1) {
      image.RepoTags = image.RepoTags.filter((tag) => tag !== withTag(reference))
      return true
    }
    if (uses(image.Id)) return false
    this.#images.delete(image.Id)
    return true
  }
}

function withTag(reference: string): string {
  return /[:@][^/]*$/.test(reference) ? reference : `${reference}:latest`
}
