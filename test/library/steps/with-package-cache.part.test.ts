import { execFile } from 'node:child_process'
import { chmod, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { withPackageCache } from '../../../library/steps/with-package-cache.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { aptRoot, serveAptRepository } from '../support/apt-repository.ts'
import { callStep } from '../support/step-call.ts'

const run = promisify(execFile)
const megabyte = 1024 * 1024
const install = 'apt-get update -q; apt-get install -q -y small large; cat "$ROOT"/opt/*/content | wc -c'
const removeAll = 'apt-get -q -y remove small large; apt-get clean; rm -rf "$ROOT"/var/lib/apt/lists/*'

describe('withPackageCache with a squid of its own', () => {
  test('gets every package from the cache at the second installation', async () => {
    const { folder, repository, options } = await bench()
    const first = await callStep(withPackageCache, options({ command: install }))
    expect(await first.phase('run')).toMatchObject({
      status: 0,
      results: { values: { hits: 0, misses: 2 } },
    })
    await run('bash', ['-c', removeAll], { env: { ...process.env, ...options({}).env } })
    const before = repository.requests.length

    const second = await callStep(withPackageCache, options({ command: install }))
    const { status, results } = await second.phase('run')

    expect({ status, values: results.values }).toMatchObject({ status: 0, values: { hits: 2, misses: 0 } })
    expect(results.report).toBe('2 packages came from the cache, 0 had to be fetched')
    expect(repository.requests.slice(before).filter((path) => path.endsWith('.deb'))).toEqual([])
    expect((await readdir(join(folder, 'root/opt'))).toSorted()).toEqual(['large', 'small'])
    expect(await squidsOf(folder)).toEqual([])
  })
})

async function bench() {
  const folder = await tempDir()
  // The user that squid becomes has to get to its store.
  await chmod(folder, 0o755)
  const repository = await serveAptRepository(folder, { small: 30_000, large: 6 * megabyte })
  const settings = await aptRoot(folder, repository)
  const env = { APT_CONFIG: settings, ROOT: join(folder, 'root') }
  const options = (parameters: Record<string, unknown>) => ({
    parameters: { cacheDir: join(folder, 'cache'), cacheMb: 100, ...parameters },
    env,
    cwd: folder,
  })
  return { folder, repository, options }
}

async function squidsOf(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (words.includes(folder)) found.push(words.replaceAll('\0', ' '))
  }
  return found
}
