import { chmod, lstat, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What a migration may do to a home in the worst case: rewrites every job and the global configuration, changes the keys
 * and a mode, deletes builds, replaces a plugin, turns a file into a link, and adds files of its own.
 * The changed files keep their length and their time, so that only who reads them notices.
 */
export async function corruptHome(home: string): Promise<void> {
  for (const job of await names(join(home, 'jobs'))) {
    await spoil(join(home, 'jobs', job, 'config.xml'))
    const builds = await names(join(home, 'jobs', job, 'builds'))
    for (const build of builds.filter((_, index) => index % 3 === 0)) {
      await rm(join(home, 'jobs', job, 'builds', build), { recursive: true, force: true })
    }
  }
  await spoil(join(home, 'secrets/master.key'))
  for (const plugin of await names(join(home, 'plugins'))) await spoil(join(home, 'plugins', plugin))
  const secretKey = join(home, 'secret.key')
  await chmod(secretKey, 0o644).catch(() => undefined)
  const queue = join(home, 'queue.xml')
  await rm(queue, { force: true })
  await symlink('config.xml', queue)
  await writeFile(join(home, 'migrated.xml'), '<migrated/>\n')
  await writeFile(join(home, 'jobs/added-by-migration'), 'x'.repeat(4096))
}

async function names(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort()
}

async function spoil(file: string): Promise<void> {
  const facts = await lstat(file).catch(() => undefined)
  if (!facts?.isFile()) return
  const content = await readFile(file)
  for (let at = 0; at < content.length; at += 7) content[at] = 0x23
  await writeFile(file, content)
  await utimes(file, facts.atime, facts.mtime)
}
