import { UserError } from '../../../core/errors.ts'
import type { Backup, BackupFacts, CopyReport, HomeKeeper } from '../../../jenkins/home/home.ts'

interface Stored {
  content: string
  facts: BackupFacts | undefined
}

/** Homes by the name of their volume, and one store, in memory. A home is a text. */
export class MemoryHomes {
  readonly homes = new Map<string, string>()
  readonly store = new Map<string, Stored>()
  readonly failed = new Map<string, string>()
  /** Called before and after every call that changes something; what it throws is what the caller gets. */
  onChange: (call: string, when: 'before' | 'after') => void = () => {}
  /** Free bytes of the store. */
  freeBytes = 1_000_000

  readonly #home: string

  constructor(home: string, content: string) {
    this.#home = home
    this.homes.set(home, content)
  }

  /** What the controller works on. */
  get content(): string {
    return this.homes.get(this.#home) ?? ''
  }

  set content(content: string) {
    this.homes.set(this.#home, content)
  }

  keeper(): HomeKeeper {
    const change = async <T>(call: string, act: () => T): Promise<T> => {
      await Promise.resolve()
      this.onChange(call, 'before')
      const result = act()
      this.onChange(call, 'after')
      return result
    }
    const stored = (id: string) => {
      const found = this.store.get(id)
      if (!found) throw new UserError(`there is no backup ${id}`)
      return found
    }
    return {
      measure: async () => ({
        files: 1,
        bytes: 1000,
        storeFreeBytes: this.freeBytes,
        homeFreeBytes: this.freeBytes,
        storeFreeInodes: undefined,
      }),
      warmCopy: (id) =>
        change('warmCopy', () => {
          this.store.set(id, { content: `${this.content} (warm)`, facts: undefined })
          return report
        }),
      snapshot: (id, facts) =>
        change('snapshot', () => {
          this.store.set(id, { content: this.content, facts })
          return report
        }),
      verify: async () => ({ ok: true }),
      restore: (id, keepAs) =>
        change('restore', () => {
          if (keepAs !== undefined && !this.failed.has(keepAs)) this.failed.set(keepAs, this.content)
          this.content = stored(id).content
          return report
        }),
      compare: async (id) => (stored(id).content === this.content ? [] : ['it differs']),
      copyTo: (id, volume) => change('copyTo', () => void this.homes.set(volume, stored(id).content)),
      backups: async () =>
        [...this.store].flatMap(([id, { facts }]) => (facts ? toBackup(id, facts) : [])).reverse(),
      failedHomes: async () => [...this.failed.keys()].map((id) => ({ id, atMs: nowMs, bytes: 1000 })),
      removeBackup: (id) => change('removeBackup', () => void this.store.delete(id)),
      removeFailedHome: (id) => change('removeFailedHome', () => void this.failed.delete(id)),
      removeLeftovers: (except) =>
        change('removeLeftovers', () => {
          for (const [id, { facts }] of this.store) if (!facts && !except.includes(id)) this.store.delete(id)
        }),
      archive: async () => {},
      endHelpers: async () => {},
    }
  }
}

/** When the stage is set. */
const nowMs = Date.UTC(2026, 0, 5, 3, 30)
const report: CopyReport = { files: 1, bytes: 1000, copiedFiles: 1, copiedBytes: 1000, removedFiles: 0 }

function toBackup(id: string, facts: BackupFacts): Backup {
  return { ...facts, id, files: 1, bytes: 1000, sha256: '', verifiedAtMs: facts.atMs }
}
