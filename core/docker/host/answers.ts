import { z } from 'zod'
import type { ListedImage, RawContainer, RawImage, RemoteImage } from '../../container-host.ts'

/**
 * Answers that are passed on whole: only what we rely on is checked, nothing is dropped.
 * Source: the Docker Engine API, versions 1.41 to 1.51.
 */
const json = z.json()
export const anyObject = z.record(z.string(), json)

const objectOrNone = anyObject.nullish().transform((value) => value ?? {})
const textsOrNone = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? [])

export const rawContainer: z.ZodType<RawContainer> = z
  .object({
    Id: z.string(),
    Name: z.string(),
    Image: z.string(),
    Config: anyObject,
    HostConfig: anyObject,
    Mounts: z
      .array(anyObject)
      .nullish()
      .transform((value) => value ?? []),
    NetworkSettings: anyObject,
    State: anyObject,
  })
  .catchall(json)

export const rawImage: z.ZodType<RawImage> = z
  .object({ Id: z.string(), RepoTags: textsOrNone, RepoDigests: textsOrNone, Config: objectOrNone })
  .catchall(json)

export const listedImages = z.array(
  z.object({
    Id: z.string(),
    RepoTags: textsOrNone,
    Labels: z.record(z.string(), z.string()).nullish(),
    /** Seconds since 1970. */
    Created: z.number(),
    Size: z.number(),
  }),
)

export function listedImage(image: z.output<typeof listedImages>[number]): ListedImage {
  return {
    id: image.Id,
    references: image.RepoTags.filter((tag) => tag !== '<none>:<none>'),
    labels: image.Labels ?? {},
    createdAtMs: image.Created * 1000,
    sizeBytes: image.Size,
  }
}

const kinds = ['changed', 'added', 'deleted'] as const

export const layerChanges = z
  .array(z.object({ Path: z.string(), Kind: z.literal([0, 1, 2]) }))
  .nullish()
  .transform((changes) => (changes ?? []).map(({ Path, Kind }) => ({ path: Path, kind: kinds[Kind] })))

export const remoteImage = z
  .object({
    Descriptor: z.object({ digest: z.string() }),
    Platforms: z.array(z.object({ os: z.string(), architecture: z.string() })).nullish(),
  })
  .transform(
    ({ Descriptor, Platforms }): RemoteImage => ({
      digest: Descriptor.digest,
      platforms: (Platforms ?? []).map(({ os, architecture }) => ({ os, arch: architecture })),
    }),
  )

export const madeId = z.object({ Id: z.string() }).transform(({ Id }) => Id)
export const volumeNames = z
  .object({ Volumes: z.array(z.object({ Name: z.string() })).nullish() })
  .transform(({ Volumes }) => (Volumes ?? []).map(({ Name }) => Name))
export const exitStatus = z.object({ StatusCode: z.number() }).transform(({ StatusCode }) => StatusCode)
export const execState = z.object({ Running: z.boolean(), ExitCode: z.number().nullish() })
export const runState = z.object({ Running: z.boolean(), Status: z.string(), ExitCode: z.number() })
