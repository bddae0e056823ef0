import type { Agent } from 'node:http'
import { type Clock, systemClock } from '../../core/clock.ts'
import type { ContainerHost } from '../../core/container-host.ts'
import { messageOf, RemoteError } from '../../core/errors.ts'
import { type Log, silentLog } from '../../core/log.ts'
import type { Secret } from '../../core/secret.ts'
import { createClient, type Send } from '../client.ts'
import { connectJenkins } from '../connect.ts'
import { type Answer, type Ask, isFromJenkins } from '../exchange.ts'
import type { Jenkins } from '../jenkins.ts'
import { tunnelAgent } from '../tunnel.ts'
import { type Life, lifeOf, whyDead } from './container-life.ts'
import type { HealthProbe, Sight, VitalSigns } from './health.ts'
import { failingChecks } from './own-checks.ts'
import { readPage } from './pages.ts'

export interface ProbeOptions {
  host: Pick<ContainerHost, 'inspect' | 'logs' | 'openExec'>
  container: string
  /** Inside the container; jenkins/launch-options.ts knows. */
  port: number
  /** '' or e.g. `/jenkins`. */
  prefix: string
  /** Without one, only what anybody may see is looked at. */
  account: { user: string; token: Secret } | undefined
  /** Of one request, in ms. Default 10,000. */
  timeoutMs?: number
  log?: Log
  clock?: Clock
  /** How to get at it; default through the engine. Its connections are closed after each look. */
  agent?: Agent
}

/**
 * Looks at the controller in one container: first whether the container lives, then what Jenkins says of itself, from
 * the first sign of life to its plugins. A look never fails because the controller does; it throws what the engine throws,
 * UserError where the image lacks bash, and the signal's reason.
 */
export function healthProbe(options: ProbeOptions): HealthProbe {
  const { host, container, port, prefix, account, timeoutMs = 10_000, log = silentLog } = options
  const {
    clock = systemClock,
    agent = tunnelAgent(host, container, { port, connectMs: timeoutMs, keepAlive: true }),
  } = options
  const common = { agent, timeoutMs, log, clock, env: {} }
  const root = `http://127.0.0.1:${port}${prefix}/`
  const send = createClient({ root, ...common })
  const jenkins = account && connectJenkins({ url: root, ...account, ...common })
  let life: Life | undefined
  return {
    async look(signal) {
      const found = await host.inspect(container, signal)
      const reason = whyDead(found, life)
      life = found && lifeOf(found)
      if (reason !== undefined) return { state: 'dead', reason: reason + (await lastWords(options, signal)) }
      try {
        return await lookInside(send, jenkins, signal)
      } catch (error) {
        signal?.throwIfAborted()
        return fromError(error)
      } finally {
        // One connection for one look, and none between two.
        agent.destroy()
      }
    },
  }
}

async function lookInside(send: Send, jenkins: Jenkins | undefined, signal?: AbortSignal): Promise<Sight> {
  const ask = (path: string, query: Record<string, string> = {}): Promise<Answer> => {
    const request: Ask = { doing: 'look at Jenkins', path, query, anonymous: true, signal }
    return send(request, {})
  }
  const login = await ask('login')
  const told = readPage(login)
  if (told) return told
  // A login elsewhere (single sign-on) is a redirect, which does not say who sends it.
  const named = isFromJenkins(login) ? login : await ask('api/json', { tree: 'quietingDown' })
  if (!isFromJenkins(named))
    return { state: 'silent', reason: `what answers is not Jenkins (${named.status})` }
  const version = named.headers['x-jenkins'] ?? ''
  const session = named.headers['x-jenkins-session'] ?? ''
  const inside = jenkins ? await lookAsUser(jenkins, signal) : unseen
  if ('reason' in inside) return { state: 'closed', version, session, ...inside }
  return { state: 'up', version, session, ...inside, ...(await failingChecks(version, ask)) }
}

type Inside = Omit<VitalSigns, 'version' | 'session' | 'failing'>

const unseen: Inside = { quietingDown: false, plugins: undefined, jobs: undefined, onlineNodes: undefined }

/** What the account may see; or why it may not even log in. */
async function lookAsUser(jenkins: Jenkins, signal?: AbortSignal): Promise<Inside | { reason: string }> {
  let quietingDown: boolean
  try {
    quietingDown = (await jenkins.root(signal)).quietingDown
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { reason: messageOf(error) }
  }
  const plugins = await unlessRefused(jenkins.plugins(signal))
  const jobs = await unlessRefused(jenkins.jobCount(signal))
  const nodes = await unlessRefused(jenkins.nodes(signal))
  const onlineNodes = nodes?.filter(({ offline }) => !offline).length
  return { quietingDown, plugins, jobs, onlineNodes }
}

function isRefusal(error: unknown): boolean {
  return error instanceof RemoteError && ['unauthenticated', 'forbidden'].includes(error.failure)
}

async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

function fromError(error: unknown): Sight {
  if (!(error instanceof RemoteError)) throw error
  if (error.failure === 'booting') return { state: 'loading' }
  return { state: 'silent', reason: error.message }
}

/** The last thing that a dead controller said is most often why. */
async function lastWords({ host, container }: ProbeOptions, signal?: AbortSignal): Promise<string> {
  try {
    const last = (await host.logs(container, 1, signal)).trim()
    return last && `; its last words: ${last.slice(0, 200)}`
  } catch {
    signal?.throwIfAborted()
    return ''
  }
}
