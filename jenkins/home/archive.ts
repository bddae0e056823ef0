import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { syncFolder } from '../../core/atomic-write.ts'
import { fileError } from '../../core/file-error.ts'
import { temporaryBeside } from '../../core/temporary.ts'

/**
 * Writes what `produce` gives to a file of mode 0600, which appears only when all of it is on the disk. Throws UserError when
 * the file cannot be written, and what `produce` throws; then nothing is left.
 */
export async function archiveTo(
  file: string,
  produce: (consume: (stream: Readable) => Promise<void>) => Promise<unknown>,
): Promise<void> {
  const temporary = temporaryBeside(file)
  let refusal: unknown
  const refuse = (error: unknown) => {
    refusal = fileError('write', file, error)
    throw refusal
  }
  const handle = await open(temporary, 'wx', 0o600).catch(refuse)
  try {
    await produce(async (stream) => {
      for await (const chunk of stream) await handle.appendFile(chunk).catch(refuse)
    })
    await handle.sync().catch(refuse)
    await rename(temporary, file).catch(refuse)
    await syncFolder(dirname(file))
  } catch (error) {
    await rm(temporary, { force: true })
    throw refusal ?? error
  } finally {
    await handle.close()
  }
}
