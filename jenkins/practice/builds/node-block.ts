import type { Lease } from '../contract.ts'
import type { AgentLink } from '../link.ts'
import { type BuildRun, later, type Mishap, onAbort, say, until } from './build-run.ts'
import { type Scope, sayReadyWhenBack } from './scope.ts'
import type { Place } from './workspaces.ts'

/**
 * A Pipeline's node block: waits for an executor, runs the body there, gives the executor back. The block outlives its
 * connection, and its node too when one of that name returns in time; it goes on after a restart of the controller.
 */
export async function runNodeBlock(
  label: string,
  outer: Scope,
  body: (inner: Scope) => Promise<Mishap | undefined>,
): Promise<Mishap | undefined> {
  const { run, record } = outer
  const isReturning = record.node !== undefined
  const removal = new AbortController()
  const scope = { ...outer, signal: AbortSignal.any([outer.signal, removal.signal]) }
  const stopFearing = record.node === undefined ? () => {} : fearForNode(run, record.node, removal, killed)
  const lease = await takeExecutor(record.node ?? label, scope)
  stopFearing()
  if ('result' in lease) {
    if (!isReturning) say(run, '[Pipeline] // node')
    return lease
  }
  if (isReturning) outer.returning.count--
  const stopWatching = fearForNode(run, lease.node, removal, deleted)
  const place = await settle(lease, scope)
  if (isReturning) sayReadyWhenBack(run, outer.returning)
  else say(run, `Running on ${place.node} in ${place.workspace}`, '[Pipeline] {')
  const mishap = await body({ ...scope, place })
  stopWatching()
  run.workspaces.free(place.node, place.directory)
  lease.release()
  say(run, '[Pipeline] }', '[Pipeline] // node')
  return mishap
}

function takeExecutor(label: string, { run, record, signal }: Scope): Promise<Lease | Mishap> {
  const explain = (why: string | undefined) => {
    if (why === undefined) return
    if (record.node === undefined) say(run, 'Still waiting to schedule task', why)
    else say(run, `Waiting to resume part of ${run.build.job} #${run.build.number}: ${why}`)
  }
  return until(run, (resolve) => {
    const ticket = run.host.requestNode({
      build: run.build,
      label,
      onGranted: resolve,
      onCancelled: () => resolve({ result: 'ABORTED', text: 'Queue task was cancelled' }),
    })
    const forgetExplaining = later(run, run.timing.explainAfterMs, () => explain(ticket.why()))
    const forgetAbort = onAbort(signal, (reason) => {
      ticket.cancel()
      resolve(reason)
    })
    return () => {
      forgetExplaining()
      forgetAbort()
    }
  })
}

/** Finds the block's folder on the agent, and notes where the block lives now. */
async function settle({ node, executor }: Lease, { run, record, signal }: Scope): Promise<Place> {
  if (record.directory === undefined) record.directory = run.workspaces.claim(node, run.build.job)
  else run.workspaces.reclaim(node, record.directory)
  const { directory } = record
  const link = record.workspace === undefined ? await linkOf(run, node, signal) : undefined
  record.workspace ??= `${link?.remoteFs ?? '(lost)'}/${directory}`
  record.node = node
  run.host.save()
  return { node, executor, directory, workspace: record.workspace }
}

/** The node's link, also when it comes a moment after the executor; undefined when the wait was aborted. */
function linkOf(run: BuildRun, node: string, signal: AbortSignal): Promise<AgentLink | undefined> {
  return until(run, (resolve) => {
    const stopListening = run.host.onLink((name, link) => {
      if (name === node && link) resolve(link)
    })
    const forgetAbort = onAbort(signal, () => resolve(undefined))
    const link = run.host.link(node)
    if (link) resolve(link)
    return () => {
      stopListening()
      forgetAbort()
    }
  })
}

/** Aborts `removal` when the node has not existed for too long. Returns how to stop watching. */
function fearForNode(
  run: BuildRun,
  node: string,
  removal: AbortController,
  farewell: (run: BuildRun, node: string) => string,
): () => void {
  let calmDown = () => {}
  const worry = () => {
    calmDown = later(run, run.timing.nodeGoneMs, () => {
      say(run, farewell(run, node))
      removal.abort({ result: 'ABORTED', text: 'Agent was removed' } satisfies Mishap)
    })
  }
  const stopListening = run.host.onNode((name, exists) => {
    if (name !== node) return
    calmDown()
    if (!exists) worry()
  })
  if (!run.host.nodeExists(node)) worry()
  const stop = () => {
    calmDown()
    stopListening()
  }
  run.suspended.addEventListener('abort', stop, { once: true })
  return () => {
    run.suspended.removeEventListener('abort', stop)
    stop()
  }
}

function deleted(_: BuildRun, node: string): string {
  return `Agent ${node} was deleted; cancelling node body`
}

function killed({ build, timing }: BuildRun, node: string): string {
  const waited = `${Math.round(timing.nodeGoneMs / 60_000)} min`
  return `Killed part of ${build.job} #${build.number} after waiting for ${waited} because we assume unknown agent ${node} is never going to appear`
}
