import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../core/errors.ts'
import type { Backup, BackupFacts, CopyReport, HomeKeeper } from '../home/home.ts'
import { fingerprintOf } from './fingerprint.ts'

/**
 * Looks after a home that is a folder of this machine, with plain copies: for the demonstration on a machine without containers. What
 * backups of real homes take (owners, hard links, room, a disk that fills up) is the business of jenkins/home.
 */
export function plainHome(home: string, store: string): HomeKeeper {
  const backups = new Map<string, Backup>()
  const at = (id: string) => join(store, id)

  /** Makes a folder the same as another: what is not there goes. */
  async function mirror(from: string, to: string): Promise<CopyReport> {
    await mkdir(to, { recursive: true })
    for (const name of await readdir(to)) await rm(join(to, name), { recursive: true, force: true })
    await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
    const { files, bytes } = await fingerprintOf(to)
    return { files, bytes, copiedFiles: files, copiedBytes: bytes, removedFiles: 0 }
  }

  async function snapshot(id: string, facts: BackupFacts): Promise<CopyReport> {
    const report = await mirror(home, at(id))
    const { sum, files, bytes } = await fingerprintOf(at(id))
    backups.set(id, { ...facts, id, files, bytes, sha256: sum, verifiedAtMs: facts.atMs })
    return report
  }

  async function restore(id: string, keepAs: string | undefined): Promise<CopyReport> {
    if (keepAs !== undefined) await mirror(home, at(keepAs))
    return await mirror(at(id), home)
  }

  async function compare(id: string): Promise<string[]> {
    const [is, was] = await Promise.all([fingerprintOf(home), fingerprintOf(at(id))])
    return is.sum === was.sum ? [] : ['the home is another one']
  }

  async function remove(id: string): Promise<void> {
    backups.delete(id)
    await rm(at(id), { recursive: true, force: true })
  }

  return {
    measure: async () => ({ ...(await fingerprintOf(home)), ...plenty }),
    warmCopy: (id) => mirror(home, at(id)),
    snapshot,
    verify: async (id) => {
      const isWhole = (await fingerprintOf(at(id))).sum === backups.get(id)?.sha256
      return isWhole ? { ok: true } : { ok: false, differences: [`${id} is not what it was`] }
    },
    restore,
    compare,
    copyTo: refuse,
    backups: async () => [...backups.values()].toSorted((a, b) => b.atMs - a.atMs),
    failedHomes: async () => [],
    removeBackup: remove,
    removeFailedHome: remove,
    removeLeftovers: async () => {},
    archive: refuse,
    endHelpers: async () => {},
  }
}

/** A demonstration is small. */
const plenty = { storeFreeBytes: 2 ** 40, homeFreeBytes: 2 ** 40, storeFreeInodes: undefined }

async function refuse(): Promise<never> {
  throw new UserError('plain folders cannot do that', { hint: 'install Docker for real containers' })
}
