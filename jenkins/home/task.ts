import type { Readable } from 'node:stream'
import type { ContainerHost } from '../../core/container-host.ts'
import type { HomePlaces } from './home.ts'

export interface HelperOptions {
  host: ContainerHost
  places: HomePlaces
  /** For all that is made, besides those that tell what it is. */
  labels?: Record<string, string>
  /** Told what is being done, in words, now and then. */
  onProgress?: (line: string) => void
  /** Longest time in which nothing moves in the helper, in ms. Default 15 minutes: a disk may be slow, and syncing is silent. */
  silenceMs?: number
  /** The time, in ms since 1970. */
  now?: () => number
}

export interface HelperTask {
  verb: string
  args?: readonly string[]
  changesHome?: boolean
  /** A volume for a copy. */
  target?: string
  /** Helpers for one backup: the one that `keep` left is taken up again. */
  backup?: string
  /** Leaves the helper to whoever comes next with the same backup. Making one takes half a second, in which Jenkins might be down. */
  keep?: boolean
  /** Takes the stdout of the script, which then says nothing else. */
  consume?: (stream: Readable) => Promise<void>
  signal?: AbortSignal | undefined
}
