import { messageOf, RemoteError } from '../../core/errors.ts'
import {
  candidatesFor,
  pickTransport,
  type TransportChoice,
  type TriedTransport,
} from '../transports/registry.ts'
import { type Transport, type Trial, untried } from '../transports/transport.ts'
import {
  attempt,
  type CheckOutcome,
  type Checks,
  fail,
  failure,
  ok,
  passing,
  skipped,
  warn,
} from './check.ts'
import {
  createTrial,
  creation,
  deleteTrial,
  grant,
  type TrialOptions,
  tidyTrial,
  trialLabel,
} from './trial-node.ts'

/**
 * Tries everything that lending needs, with a node that no build asks for and that is gone again at the end, whatever
 * happens. Returns the way in which agents connect.
 */
export async function* tryNode(options: TrialOptions): Checks<Transport | undefined> {
  const name = `${options.machineName}-preflight`
  let isDeleted = false
  try {
    const created = await createTrial(name, options)
    yield created
    if (created.result !== 'ok') {
      for (const other of later(options)) yield skipped(other, 'it needs a node to be tried with')
      return undefined
    }
    const transport = yield* useTrial(name, options)
    const deleted = await deleteTrial(name, options)
    isDeleted = deleted.result === 'ok'
    yield deleted
    return transport
  } finally {
    // Also when its creation failed: the answer may have been lost although the node was made.
    if (!isDeleted) await tidyTrial(name, options)
  }
}

/** What a refused preflight skips. */
export function skipTrial(options: TrialOptions, why: string): CheckOutcome[] {
  return [creation, ...later(options)].map((name) => skipped(name, why))
}

/** The checks that need the node, in order. */
function later({ transports: all, config }: TrialOptions): string[] {
  const titles = candidatesFor(config.transport, all).map(({ title }) => title)
  return ['connect agents', 'label nodes', ...titles, 'transport', 'drain nodes', 'delete nodes']
}

async function* useTrial(name: string, options: TrialOptions): Checks<Transport | undefined> {
  const { jenkins, config, engine, signal } = options
  const secret = await attempt(signal, () => jenkins.inboundSecret(name, signal))
  yield 'error' in secret
    ? failure('connect agents', secret.error, grant('Agent/Connect', options))
    : ok('connect agents', 'we may read the secret of our nodes')

  const labelled = await attempt(signal, () => changeLabels(name, options))
  yield 'error' in labelled
    ? failure('label nodes', labelled.error, grant('Agent/Configure', options))
    : ok('label nodes', 'we may')

  const trial: Trial = {
    jenkins,
    node: name,
    secret: 'error' in secret ? undefined : secret.value,
    config,
    engine,
    signal,
  }
  const tried: TriedTransport[] = []
  for (const transport of candidatesFor(config.transport, options.transports))
    tried.push(await tryOut(transport, trial))
  const choice = pickTransport(config.transport, tried)
  for (const one of tried) yield wayOutcome(one, choice.transport)
  yield choiceOutcome(choice)

  const drained = await attempt(signal, () => jenkins.markOffline(name, 'footman preflight', signal))
  yield 'error' in drained
    ? failure('drain nodes', drained.error, grant('Agent/Disconnect', options))
    : ok('drain nodes', 'we may')
  return choice.transport
}

/** A proxy may answer a change with a friendly page of its own, so what was changed is read again. */
async function changeLabels(name: string, { jenkins, signal }: TrialOptions): Promise<void> {
  const wanted = `${trialLabel}-changed`
  await jenkins.updateNode(name, { labels: [wanted] }, signal)
  const node = await jenkins.node(name, signal)
  if (node?.labels.includes(wanted)) return
  throw new RemoteError('broken', 'Jenkins took the new labels of a node, and did not keep them', {
    hint: 'a plugin or proxy stands in the way: look at the log of Jenkins',
  })
}

async function tryOut(transport: Transport, trial: Trial): Promise<TriedTransport> {
  const answer = await attempt(trial.signal, () => transport.tryOut(trial))
  return { transport, ...('error' in answer ? untried(messageOf(answer.error)) : answer.value) }
}

/** A way that nobody needs is no trouble when it is closed. */
function wayOutcome(
  { transport, usable, finding, cure }: TriedTransport,
  chosen: Transport | undefined,
): CheckOutcome {
  const { title } = transport
  if (usable) return ok(title, finding)
  if (usable === undefined) return skipped(title, finding)
  if (chosen) return ok(title, `${finding}; not needed`)
  return warn(title, finding, cure ?? 'use another transport')
}

function choiceOutcome(choice: TransportChoice): CheckOutcome {
  if (choice.transport) return ok('transport', choice.finding)
  const failed = fail('transport', choice.finding, choice.cure)
  return choice.isTransient ? passing(failed) : failed
}
