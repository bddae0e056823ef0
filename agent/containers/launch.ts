import { posix } from 'node:path'
import type { ContainerEngine, ContainerSpec, PutFile } from '../../core/container-engine.ts'
import { RemoteError, UserError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { type Owner, ownerOf } from './container-owner.ts'
import { inside } from './inside.ts'
import { isSameSlot } from './observed-container.ts'

export interface LaunchOptions {
  engine: ContainerEngine
  spec: ContainerSpec
  /** The node's inbound secret. */
  secret: Secret
  signal?: AbortSignal
}

/**
 * Creates a slot's container, puts the secret where only its user can read it, and starts it; returns its id.
 * Throws RemoteError or UserError, and leaves no container behind then. RemoteError `conflict`: the slot already
 * has one running.
 */
export async function launchContainer(options: LaunchOptions): Promise<string> {
  const { engine, signal } = options
  const id = await create(options)
  try {
    const owner = await resolveOwner(id, options)
    await engine.putFiles(id, '/', filesFor(owner, options), signal)
    // On its own, because not every engine follows a path into a volume that is not mounted yet.
    await engine.putFiles(id, inside.jarCache, [directory(String(owner.uid), 0o755, owner)], signal)
    await engine.start(id, signal)
    return id
  } catch (error) {
    await engine.remove(id).catch(() => {}) // the next look at the engine finds what is left
    throw error
  }
}

/**
 * Who runs in a container, by the id of its image and its USER. An id stands for content that never changes, so
 * this never grows old.
 */
const owners = new Map<string, Owner>()

/** Looking into an image takes a twentieth of a second, which the builds after the first need not wait for. */
async function resolveOwner(id: string, { engine, spec, signal }: LaunchOptions): Promise<Owner> {
  const image = await engine.image(spec.image, signal)
  if (!image) throw new RemoteError('not-found', `the image ${spec.image} was removed at this moment`)
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
async function create({ engine, spec, signal }: LaunchOptions): Promise<string> {
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

/**
 * The secret in a folder of its own, the working directory, and a way to the jar cache, all the user's. Before the
 * start, so that there is no moment in which the container runs without them; by the user's id, because volumes and
 * images belong to root at first.
 */
function filesFor(owner: Owner, { secret, spec }: LaunchOptions): PutFile[] {
  const root: Owner = { uid: 0, gid: 0 }
  const { folder, secretFolder, secretName, jarCache, jars } = inside
  return [
    directory(folder, 0o755, root),
    directory(secretFolder, 0o500, owner),
    {
      name: relative(posix.join(secretFolder, secretName)),
      content: Buffer.from(secret.reveal()),
      mode: 0o400,
      ...owner,
    },
    {
      name: relative(jars),
      kind: 'link',
      content: Buffer.from(posix.join(jarCache, String(owner.uid))),
      mode: 0o777,
      ...root,
    },
    ...[spec.workingDir ?? '/'].filter((path) => path !== '/').map((path) => directory(path, 0o755, owner)),
  ]
}

function directory(path: string, mode: number, owner: Owner): PutFile {
  return { name: relative(path), kind: 'directory', content: Buffer.alloc(0), mode, ...owner }
}

/** Names in an archive have no leading slash. */
function relative(path: string): string {
  return path.replace(/^\/+/, '')
}
