import type { ContainerEngine } from '../../core/container-engine.ts'
import { inWords, UserError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'

export interface ImageKeeper {
  /** Templates whose image is not on this machine. Asks the engine. */
  missing(signal?: AbortSignal): Promise<string[]>
  /** Pulls a template's image in the background; does nothing while that pull lasts. */
  pull(template: string): void
}

export interface ImageKeeperOptions {
  engine: ContainerEngine
  /** Template -> image reference, as of this moment. */
  images: () => Readonly<Record<string, string>>
  mayPull: boolean
  log: Log
  /** Ends pulls that are under way. */
  signal: AbortSignal
  onFailure: (template: string, error: unknown) => void
}

/** Knows which images are here, and fetches those that builds ask for without holding anything up. */
export function imageKeeper({
  engine,
  images,
  mayPull,
  log,
  signal,
  onFailure,
}: ImageKeeperOptions): ImageKeeper {
  const underWay = new Set<string>()

  async function pullNow(template: string, reference: string): Promise<void> {
    try {
      if (!mayPull) {
        throw new UserError(`the image ${reference} is not on this machine`, {
          hint: `pull it by hand, or set images.pull: missing`,
        })
      }
      log.info(`pulling ${reference}`)
      await engine.pull(reference, (line) => log.debug(`${reference}: ${line}`), signal)
      log.info(`${reference} is here`)
    } catch (error) {
      if (signal.aborted) return
      log.warn(`cannot pull ${reference}: ${inWords(error)}`)
      onFailure(template, error)
    } finally {
      underWay.delete(template)
    }
  }

  return {
    missing: async (abort) => {
      const found = await Promise.all(
        Object.entries(images()).map(async ([template, reference]) => ({
          template,
          isHere: (await engine.image(reference, abort)) !== undefined,
        })),
      )
      return found.filter(({ isHere }) => !isHere).map(({ template }) => template)
    },
    pull: (template) => {
      const reference = images()[template]
      if (reference === undefined || underWay.has(template)) return
      underWay.add(template)
      void pullNow(template, reference)
    },
  }
}
