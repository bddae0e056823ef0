import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { runOrThrow } from '../../core/process.ts'

const timeoutMs = 10_000

/** A file system of 1 MiB that is thrown away after the test; mounting it needs root. */
export async function smallDisk(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'footman-disk-'))
  await runOrThrow(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'footman-test', dir], {
    timeoutMs,
    hint: 'run the tests of parts as root',
  })
  onTestFinished(async () => {
    await runOrThrow(['umount', dir], { timeoutMs })
    await rmdir(dir)
  })
  return dir
}
