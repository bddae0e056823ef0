/**
 * Looks after the home folder of a controller. The work is done by a short-lived helper container that runs the shell
 * script templates/controller/home.sh with the home and the backups mounted: so neither root on this machine nor a
 * local engine is needed, and owners, modes and times are kept. Every call is idempotent: when footman was killed in the
 * middle, it is simply made again. Failures are UserError (no space, not a home) or RemoteError.
 */
export interface HomeKeeper {
  /** How much there is, and how much room. */
  measure(signal?: AbortSignal): Promise<HomeMeasure>
  /**
   * Copies the running home into the backup `id`, hard-linked against `base` where a file did not change.
   * Inconsistent, and only there to make `snapshot` short. Again is fine, and makes it shorter still. Leaves a helper
   * container for the snapshot; where none comes, `endHelpers` ends it.
   */
  warmCopy(id: string, base: string | undefined, signal?: AbortSignal): Promise<CopyReport>
  /**
   * With the controller stopped: makes backup `id` equal to the home, writes its manifest (every entry with owner, mode, times
   * and, for files, SHA-256), verifies it, and marks it complete.
   */
  snapshot(id: string, facts: BackupFacts, signal?: AbortSignal): Promise<CopyReport>
  /** Reads every byte of a backup and holds it against its manifest; says what differs. */
  verify(id: string, signal?: AbortSignal): Promise<Verification>
  /**
   * Makes the home exactly what the backup holds: changed files are put back, files that are not in the backup
   * leave the home. What was there before is kept as the failed home `keepAs`, if given. Verified at the end.
   */
  restore(id: string, keepAs: string | undefined, signal?: AbortSignal): Promise<CopyReport>
  /** Says how the home differs from a backup, file by file; empty when it is byte-identical with owners, modes and times. */
  compare(id: string, signal?: AbortSignal): Promise<string[]>
  /** A fresh volume with a copy of backup `id` (which need not be complete), for a rehearsal; returns its name. */
  copyTo(id: string, volume: string, signal?: AbortSignal): Promise<void>
  /** Complete backups, newest first. */
  backups(signal?: AbortSignal): Promise<Backup[]>
  failedHomes(signal?: AbortSignal): Promise<FailedHome[]>
  /** Gone already is fine. */
  removeBackup(id: string, signal?: AbortSignal): Promise<void>
  removeFailedHome(id: string, signal?: AbortSignal): Promise<void>
  /** Incomplete backups that are not `except`. */
  removeLeftovers(except: readonly string[], signal?: AbortSignal): Promise<void>
  /** Writes a tar.gz of a backup to a file on this machine, mode 0600, without secrets/master.key and what can be rebuilt. */
  archive(id: string, file: string, signal?: AbortSignal): Promise<void>
  /** Ends helper containers that an earlier footman left running; `recover` calls this before anything else. */
  endHelpers(signal?: AbortSignal): Promise<void>
}

/** Where the home and the backups are, as an engine mounts them. */
export interface HomePlaces {
  /** Name of the controller's container: backups of several controllers may share a store. */
  controller: string
  /** Volume name or absolute host path. */
  home: string
  /** Volume name or absolute host path; made when missing, mode 0700. */
  store: string
  /** An image with bash, GNU coreutils, find, awk, and tar for archives: the controller's own, as all official ones have them. */
  image: string
}

export interface HomeMeasure {
  files: number
  bytes: number
  /** Free bytes where the backups are. */
  storeFreeBytes: number
  /** Free bytes where the home is. */
  homeFreeBytes: number
  /** Free inodes where the backups are; undefined where the file system has no such limit. */
  storeFreeInodes: number | undefined
}

export interface CopyReport {
  files: number
  bytes: number
  /** Written, not hard-linked. */
  copiedFiles: number
  copiedBytes: number
  removedFiles: number
}

export interface BackupFacts {
  /** The version that ran on it. */
  version: string
  imageId: string
  /** Of the image as a registry names it, if known. */
  digest: string | undefined
  transaction: string
  reason: string
  atMs: number
}

export interface Backup extends BackupFacts {
  id: string
  files: number
  bytes: number
  /** Of the manifest. */
  sha256: string
  /** When every byte was last read and found right; undefined when never. */
  verifiedAtMs: number | undefined
}

export interface FailedHome {
  id: string
  atMs: number
  bytes: number
}

export type Verification = { ok: true } | { ok: false; differences: string[] }
