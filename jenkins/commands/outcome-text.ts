import { type ExitCode, exitCodes } from '../../core/errors.ts'
import { formatDuration } from '../../core/units.ts'
import { goodOutcomes, type Outcome, type Release } from '../upgrade/contract.ts'

/** An outcome as people read it; with a dry run, the plan. Pure. */
export function outcomeText(outcome: Outcome): string {
  const { kind, controller, reason, hint, steps, concerns, downtimeMs, tookMs, backup } = outcome
  const lines = [`${controller}: ${headlines[kind]}${versions(outcome)}`, ...sentence(reason)]
  for (const { severity, message, hint: cure } of concerns) {
    lines.push(`${severity === 'refuse' ? 'against it' : 'to know'}: ${message} (${cure})`)
  }
  lines.push(...steps.map((step, index) => `${index + 1}. ${step}`))
  if (kind !== 'planned' && kind !== 'up-to-date') {
    const downtime = downtimeMs === undefined ? '' : `, ${formatDuration(downtimeMs)} of it without Jenkins`
    lines.push(`It took ${formatDuration(tookMs)}${downtime}.${backup ? ` Backup: ${backup}.` : ''}`)
  }
  if (hint) lines.push(`Next: ${hint}`)
  return lines.join('\n')
}

const headlines: Record<Outcome['kind'], string> = {
  upgraded: 'upgraded',
  'up-to-date': 'up to date',
  skipped: 'left as it is',
  refused: 'not upgraded, and not touched',
  'rolled-back': 'rolled back; the old version runs again on the old home',
  restored: 'restored from the backup',
  deferred: 'undoing is not finished: the engine went away',
  planned: 'this would be done',
}

function versions({ from, to, kind }: Outcome): string {
  const [before, after] = [nameOf(from), nameOf(to)]
  if (kind === 'up-to-date') return before ? `, ${before}` : ''
  return before && after && before !== after ? `, from ${before} to ${after}` : ''
}

/** `2.516.3`, or as much of a digest as tells it from others. */
function nameOf(release: Release | undefined): string | undefined {
  if (!release) return undefined
  return release.version ?? (release.digest ?? release.imageId).replace(/^sha256:/, '').slice(0, 12)
}

function sentence(reason: string): string[] {
  if (reason === '') return []
  const text = reason.charAt(0).toUpperCase() + reason.slice(1)
  return [/[.!?]$/.test(text) ? text : `${text}.`]
}

/** 0 for what is no failure, 3 when the engine went away, 1 otherwise. */
export function exitCodeOf({ kind }: Pick<Outcome, 'kind'>): ExitCode {
  if (goodOutcomes.includes(kind)) return exitCodes.ok
  return kind === 'deferred' ? exitCodes.remote : exitCodes.failed
}
