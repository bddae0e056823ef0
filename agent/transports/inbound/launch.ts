import { posix } from 'node:path'
import type { ContainerEngine, ContainerSpec } from '../../../core/container-engine.ts'
import type { Secret } from '../../../core/secret.ts'
import type { Owner } from '../../containers/container-owner.ts'
import { inside } from '../../containers/inside.ts'
import {
  directory,
  file,
  link,
  type PutBatch,
  root,
  startContainer,
} from '../../containers/start-container.ts'

export interface LaunchOptions {
  engine: ContainerEngine
  spec: ContainerSpec
  /** The node's inbound secret. */
  secret: Secret
  /** The agent itself, for an engine that does not see our files. */
  jar?: Buffer | undefined
  signal?: AbortSignal
}

/**
 * Starts a slot's container with the secret where only its user can read it; returns its id. Throws as `startContainer` does.
 */
export function launchContainer(options: LaunchOptions): Promise<string> {
  return startContainer({ ...options, files: ({ owner }) => batchesFor(owner, options) })
}

/**
 * The secret in a folder of its own, the working directory, and a way to the jar cache, all the user's; by the user's id, because
 * volumes and images belong to root at first.
 */
function batchesFor(owner: Owner, { secret, spec, jar }: LaunchOptions): PutBatch[] {
  const { folder, secretFolder, secretName, jarCache, jars } = inside
  const own = String(owner.uid)
  const workDirs = [spec.workingDir ?? '/'].filter((path) => path !== '/')
  return [
    {
      folder: '/',
      files: [
        directory(folder, 0o755, root),
        directory(secretFolder, 0o500, owner),
        file(posix.join(secretFolder, secretName), secret.reveal(), { mode: 0o400, owner }),
        ...(jar ? [file(inside.agentJar, jar, { mode: 0o644, owner: root })] : []),
        link(jars, posix.join(jarCache, own)),
        ...workDirs.map((path) => directory(path, 0o755, owner)),
      ],
    },
    // On its own, because not every engine follows a path into a volume that is not mounted yet.
    { folder: jarCache, files: [directory(own, 0o755, owner)] },
  ]
}
