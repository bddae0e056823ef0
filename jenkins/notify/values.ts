import { formatDuration } from '../../core/units.ts'
import type { ControllerSettings } from '../config/settings.ts'
import type { Outcome } from '../upgrade/contract.ts'

type Occasion = ControllerSettings['notify']['on'][number]

/**
 * Under which of `notify.on` an outcome falls; undefined for what is never told. Who was about to upgrade and found builds in
 * the way has failed; what is left alone night after night is no news.
 */
export function occasionOf({
  kind,
  transaction,
}: Pick<Outcome, 'kind' | 'transaction'>): Occasion | undefined {
  switch (kind) {
    case 'upgraded':
    case 'restored':
      return 'success'
    case 'refused':
    case 'rolled-back':
    case 'deferred':
      return 'failure'
    case 'skipped':
      return transaction === undefined ? 'up-to-date' : 'failure'
    case 'up-to-date':
      return 'up-to-date'
    case 'planned':
      return undefined
  }
}

/** What a notification can say. Everything is text; what is not known is empty. */
export interface Values {
  /** Name of the controller. */
  name: string
  /** `upgraded`, `rolled-back` and so on. */
  outcome: string
  /** success, failure or up-to-date. */
  result: string
  reason: string
  hint: string
  /** Of the Jenkins that runs now. */
  version: string
  fromVersion: string
  toVersion: string
  transaction: string
  backup: string
  /** e.g. `12s`. */
  downtime: string
  took: string
}

/** An outcome in words. Pure. */
export function valuesOf(outcome: Outcome): Values {
  const { kind, controller, reason, hint, from, to, transaction, backup, downtimeMs, tookMs } = outcome
  const isNew = kind === 'upgraded' || kind === 'restored'
  return {
    name: controller,
    outcome: kind,
    result: occasionOf(outcome) ?? '',
    reason,
    hint: hint ?? '',
    version: (isNew ? to?.version : from?.version) ?? '',
    fromVersion: from?.version ?? '',
    toVersion: to?.version ?? '',
    transaction: transaction ?? '',
    backup: backup ?? '',
    downtime: downtimeMs === undefined ? '' : formatDuration(downtimeMs),
    took: formatDuration(tookMs),
  }
}

/** Every name that a template may use. */
export const valueNames: readonly (keyof Values)[] = [
  'name',
  'outcome',
  'result',
  'reason',
  'hint',
  'version',
  'fromVersion',
  'toVersion',
  'transaction',
  'backup',
  'downtime',
  'took',
]
