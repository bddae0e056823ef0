import { atoms, evaluates } from '../labels/evaluate.ts'
import type { LabelExpression } from '../labels/expression.ts'

/**
 * Says why an expression is true of none of these sets of labels: which labels are missing in the set that
 * comes closest, or which of its labels the expression excludes.
 */
export function explainMismatch(expression: LabelExpression, offers: readonly ReadonlySet<string>[]): string {
  if (offers.length === 0) return 'this machine has no template'
  const mentioned = atoms(expression)
  const [nearest] = offers
    .map((labels) => changesNeeded(expression, labels, mentioned))
    .filter((changes) => changes.length > 0)
    .sort((a, b) => a.length - b.length)
  if (!nearest) return 'no template here satisfies the label'
  const missing = nearest.filter(({ present }) => !present).map(({ name }) => name)
  const excluded = nearest.filter(({ present }) => present).map(({ name }) => name)
  return [
    ...(missing.length > 0 ? [`no template here has ${missing.join(' and ')}`] : []),
    ...(excluded.length > 0 ? [`the label excludes ${excluded.join(' and ')}`] : []),
  ].join('; ')
}

interface Change {
  name: string
  /** The offer has the label and would have to lose it. */
  present: boolean
}

/** A set of labels to add or lose, none of which can be spared; empty when even that does not help. */
function changesNeeded(
  expression: LabelExpression,
  labels: ReadonlySet<string>,
  mentioned: readonly string[],
): Change[] {
  const missing = mentioned.filter((name) => !labels.has(name)).map((name) => ({ name, present: false }))
  const present = mentioned.filter((name) => labels.has(name)).map((name) => ({ name, present: true }))
  for (const all of [missing, present, [...missing, ...present]]) {
    if (isTrueAfter(expression, labels, all)) return withoutSparable(expression, labels, all)
  }
  return []
}

function withoutSparable(
  expression: LabelExpression,
  labels: ReadonlySet<string>,
  changes: readonly Change[],
): Change[] {
  return changes.reduce<Change[]>(
    (needed, change) => {
      const fewer = needed.filter((one) => one !== change)
      return isTrueAfter(expression, labels, fewer) ? fewer : needed
    },
    [...changes],
  )
}

function isTrueAfter(
  expression: LabelExpression,
  labels: ReadonlySet<string>,
  changes: readonly Change[],
): boolean {
  const changed = new Set(labels)
  for (const { name, present } of changes) present ? changed.delete(name) : changed.add(name)
  return evaluates(expression, changed)
}
