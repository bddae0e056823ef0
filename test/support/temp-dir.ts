import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** An empty folder that disappears when the test that asked for it is over. */
export async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'footman-test-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}
