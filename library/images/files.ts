import type { LibraryConfig } from '../config.ts'
import type { PlannedFile } from '../desk.ts'
import type { Render } from '../render.ts'
import type { ImageTemplate } from './definition.ts'
import { plugins } from './registry.ts'

export interface ImageRequest {
  config: LibraryConfig
  render: Render
  /** The line that says what made a file; `about` completes it. */
  header: (about: string) => string
}

/**
 * The files of an image, Dockerfile first: everything that `docker build` needs is in the folder `images/<name>`.
 * The organisation's own images take the place of those that it is built on.
 */
export function imageFiles(image: ImageTemplate, { config, render, header }: ImageRequest): PlannedFile[] {
  const { images } = config.organisation
  const context = {
    header: header(`the image ${image.name}`),
    base: images[image.name] ?? image.base,
    dockerClient: images.dockerClient ?? 'docker:cli',
    // Whoever builds it names the group of the machine on which it is to run.
    dockerGroup: 999,
    docker: true,
    casc: false,
    pinned: false,
    plugins,
  }
  return image.files.map((file) => ({
    of: { step: image.name, part: file },
    path: `images/${image.name}/${file}`,
    content: render(`images/${image.name}/${file}.hbs`, context),
  }))
}
