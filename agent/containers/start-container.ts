import { posix } from 'node:path'
import type { ContainerEngine, ContainerSpec, ImageInfo, PutFile } from '../../core/container-engine.ts'
import { RemoteError, UserError } from '../../core/errors.ts'
import { type Owner, ownerOf } from './container-owner.ts'
import { isSameSlot } from './observed-container.ts'

export interface StartOptions {
  engine: ContainerEngine
  spec: ContainerSpec
  /** What is put into it before it starts, batch by batch. */
  files: (setting: { owner: Owner; image: ImageInfo }) => PutBatch[]
  signal?: AbortSignal
}

export interface PutBatch {
  folder: string
  files: PutFile[]
}

/**
 * Creates a slot's container, puts files into it so that there is no moment in which it runs without them, and starts it;
 * returns its id. Throws RemoteError or UserError, and leaves no container behind then. RemoteError `conflict`: the slot already
 * has one running.
 */
export async function startContainer(options: StartOptions): Promise<string> {
  const { engine, spec, files, signal } = options
  const id = await create(options)
  try {
    const image = await engine.image(spec.image, signal)
    if (!image) throw new RemoteError('not-found', `the image ${spec.image} was removed at this moment`)
    const owner = await resolveOwner(id, image, options)
    for (const { folder, files: batch } of files({ owner, image })) {
      await engine.putFiles(id, folder, batch, signal)
    }
    await engine.start(id, signal)
    return id
  } catch (error) {
    await engine.remove(id).catch(() => {}) // the next look at the engine finds what is left
    throw error
  }
}

export const root: Owner = { uid: 0, gid: 0 }

export function directory(path: string, mode: number, owner: Owner): PutFile {
  return { name: relative(path), kind: 'directory', content: Buffer.alloc(0), mode, ...owner }
}

export function file(
  path: string,
  content: string | Buffer,
  { mode, owner }: { mode: number; owner: Owner },
): PutFile {
  return { name: relative(path), content: Buffer.from(content), mode, ...owner }
}

export function link(path: string, target: string): PutFile {
  return { name: relative(path), kind: 'link', content: Buffer.from(target), mode: 0o777, ...root }
}

/** Names in an archive have no leading slash. */
function relative(path: string): string {
  return posix.normalize(path).replace(/^\/+/, '')
}

/**
 * Who runs in a container, by the id of its image and its USER. An id stands for content that never changes, so
 * this never grows old.
 */
const owners = new Map<string, Owner>()

/** Looking into an image takes a twentieth of a second, which the builds after the first need not wait for. */
async function resolveOwner(
  id: string,
  image: ImageInfo,
  { engine, spec, signal }: StartOptions,
): Promise<Owner> {
  const user = spec.user ?? image.user
  const key = `${image.id} ${user}`
  const known = owners.get(key)
  if (known) return known
  const owner = await ownerOf(user, async () =>
    (await engine.readFile(id, '/etc/passwd', signal))?.toString(),
  )
  owners.set(key, owner)
  return owner
}

/** What a crash left in the way is removed; what runs, or is not ours, is not touched. */
async function create({ engine, spec, signal }: StartOptions): Promise<string> {
  try {
    return await engine.create(spec, signal)
  } catch (error) {
    if (!(error instanceof RemoteError) || error.failure !== 'conflict') throw error
    const holder = await engine.inspect(spec.name, signal)
    if (holder && !isSameSlot(holder.labels, spec.labels)) {
      throw new UserError(`the container name ${spec.name} is taken by a container that is not ours`, {
        hint: `look at it with docker inspect ${spec.name}; then remove it, or change machine.name`,
        cause: error,
      })
    }
    if (holder && !['created', 'exited', 'dead', 'removing'].includes(holder.status)) throw error
    if (holder) await engine.remove(holder.id, signal)
    return await engine.create(spec, signal)
  }
}
