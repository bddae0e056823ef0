import type { Clock } from '../../core/clock.ts'
import type { ContainerHost } from '../../core/container-host.ts'
import type { openJournal } from '../../core/journal.ts'
import type { Log } from '../../core/log.ts'
import type { ControllerSettings } from '../config/settings.ts'
import type { HealthProbe } from '../health/health.ts'
import type { HomeKeeper, HomePlaces } from '../home/home.ts'
import type { Jenkins } from '../jenkins.ts'
import type { Concern } from '../recipe/recipe.ts'

/**
 * What the upgrade room offers, and needs. Its functions, each in the file of its name:
 *
 * - `upgrade(options)`, `rollback({ ...options, backup })`, `recover(options)`: transactions under the lock and the journal of the
 *   controller `settings.name`. All of them first bring to its end what an earlier footman left unfinished.
 * - `prune(options)`: what the rules of `settings.prune` and `settings.backups` no longer keep.
 * - `history(options)`, `whatsNew(options)`: read only, without the lock.
 *
 * What goes wrong with the controller is an Outcome. Thrown are: LockHeldError (another footman is at it), the signal's reason
 * (after all was undone), RemoteError when the engine does not answer before anything was touched, UserError when
 * there is no such container or backup.
 */
export interface UpgradeOptions {
  settings: ControllerSettings
  host: ContainerHost
  /** Folder for the state of footman (core/paths.ts `state`); the journal is at `jenkins/<name>/journal` in it. */
  stateFolder: string
  /** Looks after one home. */
  keeperOf: (places: HomePlaces) => HomeKeeper
  /** Looks at the controller in a container, through the engine. */
  probeOf: (container: string) => HealthProbe
  /** Talks to the controller in a container; undefined without an account: then nothing is quieted down. */
  jenkinsIn: (container: string) => Jenkins | undefined
  log: Log
  clock?: Clock
  /** 0 to 1. */
  random?: () => number
  /** How long to wait for an engine that has gone away while something has to be undone, in ms. Default 180,000. */
  patienceMs?: number
  /** Opens the journal; tests come in between here. */
  openJournal?: typeof openJournal
  /** Aborts: the step under way is ended, what was done is undone (also that under the journal), and the signal's reason thrown. */
  signal?: AbortSignal
  /** Also a digest that has failed before. */
  force?: boolean
  noRehearsal?: boolean
  /** Only say what would be done, in `Outcome.steps`. */
  dryRun?: boolean
  /** Told before each phase, for progress. */
  onPhase?: (phase: Phase) => void
}

export interface RollbackOptions extends UpgradeOptions {
  /** Id of a backup. Default: the newest that was made by an upgrade. */
  backup?: string
}

/** In their order. `undo` is entered from any phase before `commit`. */
export type Phase =
  | 'compare'
  | 'baseline'
  | 'preflight'
  | 'pull'
  | 'rehearse'
  | 'quiesce'
  | 'warm-copy'
  | 'stop'
  | 'snapshot'
  | 'restore'
  | 'replace'
  | 'start'
  | 'gate'
  | 'commit'
  | 'undo'
  | 'prune'

export interface Outcome {
  kind: OutcomeKind
  /** Name of the container. */
  controller: string
  /** Undefined when nothing was begun. */
  transaction: string | undefined
  /** One sentence for people: why it ended so. */
  reason: string
  /** The next command or setting to try. */
  hint: string | undefined
  from: Release | undefined
  to: Release | undefined
  /** From the old controller's last moment to the new one's first good answer (or the old one's, when undone). Undefined without a stop. */
  downtimeMs: number | undefined
  tookMs: number
  concerns: Concern[]
  /** Id of the backup that was made. */
  backup: string | undefined
  /** With `dryRun`: what would be done, one sentence each. */
  steps: string[]
}

export type OutcomeKind =
  /** The new version runs and is committed. */
  | 'upgraded'
  | 'up-to-date'
  /** There is something new, which is left alone: pinned, failed before, or builds are running and the policy is `skip`. */
  | 'skipped'
  /** Production was not touched: baseline unhealthy, a concern, no space, failed rehearsal, pull failed. */
  | 'refused'
  /** The old container runs again on the old home. */
  | 'rolled-back'
  /** A rollback by hand to a backup has come to a good end. */
  | 'restored'
  /** The engine went away while undoing: `recover`, or any other start, goes on with it. */
  | 'deferred'
  /** Dry run. */
  | 'planned'

/** Outcomes that are no failure: exit code 0. `deferred` is 3, the others 1. */
export const goodOutcomes: readonly OutcomeKind[] = [
  'upgraded',
  'up-to-date',
  'skipped',
  'restored',
  'planned',
]

/** What a controller runs on. */
export interface Release {
  /** As the controller says; undefined while nobody knows. */
  version: string | undefined
  /** Empty while it has not been pulled. */
  imageId: string
  /** `sha256:…` as the registry names it; undefined for an image that was built or loaded here. */
  digest: string | undefined
  /** The reference it came from. */
  reference: string
}

/** What `settings.image` has to offer over what runs. */
export interface News {
  container: 'running' | 'stopped' | 'missing'
  running: Release | undefined
  /** Undefined when neither a registry nor this machine could say. */
  newest:
    | { digest: string | undefined; imageId: string | undefined; from: 'registry' | 'this machine' }
    | undefined
  verdict: 'up-to-date' | 'newer' | 'pinned' | 'unknown'
  /** Set when this newest one has been tried and failed. */
  failedBefore: { reason: string; atMs: number } | undefined
  /** One sentence for people. */
  reason: string
}

/** One transaction of the journal. */
export interface TransactionSummary {
  transaction: string
  kind: 'upgrade' | 'rollback'
  startedAtMs: number
  /** Undefined while it is unfinished. */
  endedAtMs: number | undefined
  outcome: OutcomeKind | undefined
  /** The last phase that was entered. */
  phase: Phase
  reason: string | undefined
  from: Release | undefined
  to: Release | undefined
  backup: string | undefined
  downtimeMs: number | undefined
}

/** Names and ids of what went, or with `dryRun` would go. */
export interface PruneReport {
  containers: string[]
  images: string[]
  backups: string[]
  failedHomes: string[]
}
