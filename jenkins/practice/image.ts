import type { Readable } from 'node:stream'
import type { ContainerEngine } from '../../core/container-engine.ts'
import { packageVersion } from '../../core/package.ts'
import { practiceRootfs } from './rootfs.ts'

/** What the practice image is called: one per version of footman, and of Node.js, as the image carries this machine's own. */
export function practiceReference(): string {
  return `footman/practice-agent:${packageVersion()}-node${process.versions.node}`
}

const changes = [
  'USER jenkins',
  'WORKDIR /home/jenkins',
  'ENV PATH=/usr/local/bin:/usr/bin:/bin',
  'ENV HOME=/home/jenkins',
  'LABEL footman.practice=image',
]

/**
 * Sees to it that the engine has an image in which practice agents run, and returns its reference. Nothing is downloaded:
 * the image is made of files of this machine. Throws UserError where there is no Linux to make it from.
 */
export async function practiceImage(
  engine: ContainerEngine,
  reference: string = practiceReference(),
  options: { signal?: AbortSignal; withSshd?: boolean; rootfs?: () => Promise<Readable> } = {},
): Promise<string> {
  const { signal, withSshd = false, rootfs = () => practiceRootfs(undefined, { withSshd }) } = options
  if (!(await engine.image(reference, signal))) {
    await engine.importImage(await rootfs(), reference, changes, signal)
  }
  return reference
}
