import { type Arrival, awaitController } from './await-controller.ts'
import type { Release } from './contract.ts'
import { forgetFailed, keyOf, noteFailed } from './failed.ts'
import type { Transaction } from './transactions.ts'
import { note, type Work } from './work.ts'

/** Ends a transaction of which all is done: remembers which image worked or failed, and says in the journal what came of it. */
export async function end(work: Work, transaction: Transaction): Promise<void> {
  const { begin, commit, undo, pulled } = transaction
  const { log, signal } = work.options
  const name = begin.places.controller
  if (commit) {
    await forgetFailed(work.failedFile, commit.release)
    if (begin.kind === 'rollback') await blame(work, transaction, begin.from, 'gone back from by hand')
    await note(work, transaction.id, {
      entry: 'end',
      outcome: begin.kind === 'rollback' ? 'restored' : 'upgraded',
      reason: `${name} runs ${commit.release.version ?? commit.release.reference}`,
      downtimeMs: commit.downtimeMs,
    })
    return
  }
  if (!undo) return
  const wasStopped = transaction.stoppedAtMs !== undefined && begin.old.running
  const arrival: Arrival | undefined =
    wasStopped && !signal?.aborted ? await awaitController(work, name) : undefined
  if (arrival && arrival.atMs === undefined) {
    log.warn(`the old controller runs again on the old home, but does not answer yet: ${arrival.reason}`)
  }
  if (undo.isBlamed && begin.kind === 'upgrade') {
    const imageId = pulled?.imageId ?? begin.to.imageId
    await blame(work, transaction, { ...begin.to, imageId }, undo.reason)
  }
  await note(work, transaction.id, {
    entry: 'end',
    outcome: undo.outcome,
    reason: undo.reason,
    downtimeMs:
      arrival?.atMs !== undefined && transaction.stoppedAtMs !== undefined
        ? arrival.atMs - transaction.stoppedAtMs
        : undefined,
  })
}

async function blame(work: Work, { id }: Transaction, release: Release, reason: string): Promise<void> {
  await noteFailed(work.failedFile, {
    key: keyOf(release),
    reason,
    atMs: work.clock.now(),
    transaction: id,
    version: release.version,
  })
}
