import { deadline } from '../../core/clock.ts'
import { messageOf, RemoteError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { permissionName } from '../../jenkins/permissions.ts'
import { tcpTransport } from '../transports/tcp.ts'
import type { Transport } from '../transports/transport.ts'
import { attempt, type CheckOutcome, type Checks, fail, failure, ok, skipped, warn } from './check.ts'
import type { PreflightOptions } from './options.ts'
import { readBanner } from './tcp-banner.ts'
import { judgeBanner, judgeWebSocket, pickTransport, type WayFinding } from './transport.ts'

/** Time for the deletion of the trial node after somebody interrupted. */
const tidyMs = 10_000
const trialLabel = 'footman-preflight'
const names = [
  'create nodes',
  'connect agents',
  'label nodes',
  'WebSocket',
  'TCP port',
  'transport',
  'drain nodes',
  'delete nodes',
] as const

/**
 * Tries everything that lending needs, with a node that no build asks for and that is gone again at the end, whatever
 * happens. Returns the way in which agents connect.
 */
export async function* tryNode(options: PreflightOptions): Checks<Transport['name'] | undefined> {
  const name = `${options.machineName}-preflight`
  let isDeleted = false
  try {
    const created = await createTrial(name, options)
    yield created
    if (created.result !== 'ok') {
      for (const other of names.slice(1)) yield skipped(other, 'it needs a node to be tried with')
      return undefined
    }
    const transport = yield* useTrial(name, options)
    const deleted = await deleteTrial(name, options)
    isDeleted = deleted.result === 'ok'
    yield deleted
    return transport
  } finally {
    // Also when its creation failed: the answer may have been lost although the node was made.
    if (!isDeleted) await tidy(name, options)
  }
}

/** What a refused preflight skips. */
export function skipTrial(why: string): CheckOutcome[] {
  return names.map((name) => skipped(name, why))
}

async function createTrial(name: string, options: PreflightOptions): Promise<CheckOutcome> {
  const { jenkins, machineName, signal } = options
  const check = 'create nodes'
  const cure = grant('Agent/Create', options)
  const answer = await attempt(signal, async () => {
    const { allowed, permission } = await jenkins.canCreateNodes(signal)
    if (!allowed) return fail(check, `we may not (${permissionName(permission ?? 'Agent/Create')})`, cure)
    const before = await jenkins.node(name, signal)
    if (before && !isTrial(before.description)) {
      const finding = `there is a node ${name} that footman did not make`
      return fail(check, finding, 'rename it, or give this machine another name with machine.name')
    }
    if (before) await jenkins.deleteNode(name, signal)
    await jenkins.createNode(
      {
        name,
        description: `${trialMark} on ${machineName}; it is gone again in a moment.`,
        labels: [trialLabel],
        remoteFs: '/tmp/footman',
        executors: 1,
        mode: 'exclusive',
        webSocket: true,
      },
      signal,
    )
    return ok(check, before ? 'we may; one that an earlier preflight left is gone' : 'we may')
  })
  return 'error' in answer ? failure(check, answer.error, cure) : answer.value
}

async function* useTrial(name: string, options: PreflightOptions): Checks<Transport['name'] | undefined> {
  const { jenkins, config, signal } = options
  const secret = await attempt(signal, () => jenkins.inboundSecret(name, signal))
  yield 'error' in secret
    ? failure('connect agents', secret.error, grant('Agent/Connect', options))
    : ok('connect agents', 'we may read the secret of our nodes')

  const labelled = await attempt(signal, () => changeLabels(name, options))
  yield 'error' in labelled
    ? failure('label nodes', labelled.error, grant('Agent/Configure', options))
    : ok('label nodes', 'we may')

  const ways = {
    websocket:
      'error' in secret ? untried('the secret is missing') : await tryWebSocket(name, secret.value, options),
    tcp: await tryTcp(options),
  }
  const choice = pickTransport(config.transport, ways)
  const isUsed = (way: Transport['name']) => choice.transport === undefined || choice.transport === way
  yield outcomeOf('WebSocket', ways.websocket, isUsed('websocket'))
  yield outcomeOf('TCP port', ways.tcp, isUsed('tcp'))
  yield choice.transport
    ? ok('transport', choice.finding)
    : fail('transport', choice.finding, choice.cure ?? 'set transport to one that works')

  const drained = await attempt(signal, () => jenkins.markOffline(name, 'footman preflight', signal))
  yield 'error' in drained
    ? failure('drain nodes', drained.error, grant('Agent/Disconnect', options))
    : ok('drain nodes', 'we may')
  return choice.transport
}

/** A proxy may answer a change with a friendly page of its own, so what was changed is read again. */
async function changeLabels(name: string, { jenkins, signal }: PreflightOptions): Promise<void> {
  const wanted = `${trialLabel}-changed`
  await jenkins.updateNode(name, { labels: [wanted] }, signal)
  const node = await jenkins.node(name, signal)
  if (node?.labels.includes(wanted)) return
  throw new RemoteError('broken', 'Jenkins took the new labels of a node, and did not keep them', {
    hint: 'a plugin or proxy stands in the way: look at the log of Jenkins',
  })
}

async function tryWebSocket(
  name: string,
  secret: Secret,
  { jenkins, signal }: PreflightOptions,
): Promise<WayFinding> {
  const probe = await attempt(signal, () => jenkins.probeWebSocket(name, secret, signal))
  return 'error' in probe ? untried(messageOf(probe.error)) : judgeWebSocket(probe.value)
}

/** What the controller says of its port, then what is really found there. */
async function tryTcp(options: PreflightOptions): Promise<WayFinding> {
  const { jenkins, signal, readBanner: read = readBanner } = options
  const answer = await attempt(signal, async (): Promise<WayFinding> => {
    const { usable, reason, hint } = await tcpTransport.usable(jenkins, signal)
    if (!usable) return { usable, finding: reason, ...(hint !== undefined && { cure: hint }) }
    const listener = await jenkins.agentListener(signal)
    if (!listener) return untried('the port was switched off this very moment')
    return judgeBanner(listener, await read(listener.host, listener.port, signal))
  })
  return 'error' in answer ? untried(messageOf(answer.error)) : answer.value
}

function untried(why: string): WayFinding {
  return { usable: undefined, finding: `it could not be tried: ${why}` }
}

/** A way that nobody needs is no trouble when it is closed. */
function outcomeOf(name: string, way: WayFinding, isUsed: boolean): CheckOutcome {
  if (way.usable) return ok(name, way.finding)
  if (way.usable === undefined) return skipped(name, way.finding)
  return isUsed
    ? warn(name, way.finding, way.cure ?? 'use another transport')
    : ok(name, `${way.finding}; not needed`)
}

async function deleteTrial(name: string, options: PreflightOptions): Promise<CheckOutcome> {
  const { jenkins, signal } = options
  const answer = await attempt(signal, () => jenkins.deleteNode(name, signal))
  if (!('error' in answer)) return ok('delete nodes', 'we may')
  const { finding, cure } = failure('delete nodes', answer.error, grant('Agent/Delete', options))
  return fail('delete nodes', finding, `${cure}; then delete the node ${name} that is left over`)
}

/** Best effort, also when the person has lost patience; what cannot be removed now is removed by the next preflight. */
async function tidy(name: string, { jenkins }: PreflightOptions): Promise<void> {
  const signal = deadline(tidyMs)
  const node = await jenkins.node(name, signal).catch(() => undefined)
  if (node && isTrial(node.description)) await jenkins.deleteNode(name, signal).catch(() => undefined)
}

const trialMark = 'Made by footman preflight'

function isTrial(description: string): boolean {
  return description.startsWith(trialMark)
}

function grant(permission: string, { config }: PreflightOptions): string {
  return `ask an administrator of Jenkins to give ${config.controller.user} the permission ${permission}`
}
