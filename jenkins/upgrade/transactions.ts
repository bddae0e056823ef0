import type { TransactionSummary } from './contract.ts'
import type { Begin, Entry, Past } from './entries.ts'
import { namesOf } from './names.ts'

type EntryOf<Name extends Entry['entry']> = Extract<Entry, { entry: Name }>

/** What the journal knows of a transaction that is still told in full. */
export interface Transaction {
  id: string
  begin: Begin
  pull: EntryOf<'pull'> | undefined
  pulled: EntryOf<'pulled'> | undefined
  replace: EntryOf<'replace'> | undefined
  commit: EntryOf<'commit'> | undefined
  undo: EntryOf<'undo'> | undefined
  end: EntryOf<'end'> | undefined
  /** When the stop was announced, ms since 1970. */
  stoppedAtMs: number | undefined
  has(entry: Entry['entry']): boolean
}

/** Transactions of a journal, oldest first: told in full, or as what compaction left. */
export function transactionsOf(entries: readonly Entry[]): (Transaction | Past)[] {
  const all = new Map<string, Entry[]>()
  for (const entry of entries) all.set(entry.transaction, [...(all.get(entry.transaction) ?? []), entry])
  return [...all.values()].flatMap((own) => {
    const [first] = own
    if (first?.entry === 'past') return first
    return first?.entry === 'begin' ? toTransaction(first, own) : []
  })
}

/** The transaction without an end: only the last one can be. */
export function unfinishedOf(entries: readonly Entry[]): Transaction | undefined {
  const last = transactionsOf(entries).at(-1)
  return last && isInFull(last) && !last.end ? last : undefined
}

export function isInFull(transaction: Transaction | Past): transaction is Transaction {
  return 'begin' in transaction
}

function toTransaction(begin: Begin, own: readonly Entry[]): Transaction {
  const find = <Name extends Entry['entry']>(name: Name) =>
    own.find((entry): entry is EntryOf<Name> => entry.entry === name)
  return {
    id: begin.transaction,
    begin,
    pull: find('pull'),
    pulled: find('pulled'),
    replace: find('replace'),
    commit: find('commit'),
    undo: find('undo'),
    end: find('end'),
    stoppedAtMs: find('stop')?.at,
    has: (name) => find(name) !== undefined,
  }
}

/** What compaction keeps of a transaction. Throws nothing: an unfinished one is never given. */
export function toPast(transaction: Transaction, end: EntryOf<'end'>): Past {
  const { begin, commit } = transaction
  return {
    transaction: transaction.id,
    at: begin.at,
    entry: 'past',
    kind: begin.kind,
    endedAt: end.at,
    outcome: end.outcome,
    phase: phaseOf(transaction),
    reason: end.reason,
    from: begin.from,
    to: commit?.release ?? begin.to,
    oldId: begin.old.id,
    oldRecipe: begin.old.recipe,
    hasBackup: transaction.has('snapshot-done'),
    downtimeMs: end.downtimeMs,
  }
}

/** A transaction as people and programs are told it. */
export function summaryOf(transaction: Transaction | Past, controller: string): TransactionSummary {
  const { backup } = namesOf(controller, isInFull(transaction) ? transaction.id : transaction.transaction)
  if (!isInFull(transaction)) {
    return {
      transaction: transaction.transaction,
      kind: transaction.kind,
      startedAtMs: transaction.at,
      endedAtMs: transaction.endedAt,
      outcome: transaction.outcome,
      phase: transaction.phase,
      reason: transaction.reason,
      from: transaction.from,
      to: transaction.to,
      backup: transaction.hasBackup ? backup : undefined,
      downtimeMs: transaction.downtimeMs,
    }
  }
  const { begin, commit, undo, end } = transaction
  return {
    transaction: transaction.id,
    kind: begin.kind,
    startedAtMs: begin.at,
    endedAtMs: end?.at,
    outcome: end?.outcome,
    phase: phaseOf(transaction),
    reason: end?.reason ?? undo?.reason,
    from: begin.from,
    to: commit?.release ?? begin.to,
    backup: transaction.has('snapshot-done') ? backup : undefined,
    downtimeMs: end?.downtimeMs ?? commit?.downtimeMs,
  }
}

/** Where it is, or how far it came before it was undone. */
function phaseOf(transaction: Transaction): TransactionSummary['phase'] {
  if (transaction.undo && !transaction.end) return 'undo'
  return forward.find((name) => transaction.has(name)) ?? 'preflight'
}

const forward = [
  'commit',
  'start',
  'replace',
  'restore',
  'snapshot',
  'stop',
  'quiesce',
  'rehearse',
  'pull',
] as const
