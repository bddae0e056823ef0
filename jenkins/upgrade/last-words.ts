import { messageOf } from '../../core/errors.ts'
import type { Work } from './work.ts'

/** Tells what a container that will be removed said last: nobody can ask it afterwards. */
export async function tellLastWords({ options: { host, log } }: Work, container: string): Promise<void> {
  try {
    log.warn(`last words of the new version:\n${(await host.logs(container, 20)).trimEnd()}`)
  } catch (error) {
    log.warn(`the last words of the new version cannot be read: ${messageOf(error)}`)
  }
}
