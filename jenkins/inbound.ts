import { RemoteError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { isFromJenkins, isHtml, textOf, visibleText } from './exchange.ts'
import type { JenkinsHttp } from './http.ts'
import type { AgentListener, Jenkins, WebSocketProbe } from './jenkins.ts'
import { nodePath } from './node-name.ts'

/** What an agent that dials in needs, and what it would be told. */
export function inboundCalls(
  http: JenkinsHttp,
): Pick<Jenkins, 'inboundSecret' | 'agentJar' | 'agentListener' | 'probeWebSocket'> {
  return {
    inboundSecret: (name, signal) => readSecret(http, name, signal),
    agentJar: (signal) => readAgentJar(http, signal),
    agentListener: (signal) => readListener(http, signal),
    probeWebSocket: (node, secret, signal) => probe(http, node, { secret, signal }),
  }
}

/**
 * The secret of a node, from the file that used to start agents by Java Web Start. It is the same for a name for ever. Needs
 * Agent/Connect. The file is called slave-agent.jnlp before 2.264.
 */
async function readSecret(http: JenkinsHttp, name: string, signal?: AbortSignal): Promise<Secret> {
  const doing = `read the secret of node ${name}`
  const ask = { doing, path: `${nodePath(name)}/jenkins-agent.jnlp`, expect: [200, 404], signal }
  let answer = await http.ask(ask)
  if (answer.status === 404) {
    answer = await http.ask({ ...ask, path: `${nodePath(name)}/slave-agent.jnlp`, expect: [200] })
  }
  const secret = secretIn(textOf(answer))
  if (secret !== undefined) return new Secret(secret)
  throw new RemoteError('broken', `Cannot ${doing}: the answer holds none`, {
    hint: `open ${http.root}${nodePath(name)}/ in a browser: is it an inbound node?`,
  })
}

/** The arguments are: secret, name, then flags; a file that names the secret by flag is read as well. */
function secretIn(jnlp: string): string | undefined {
  const values = [...jnlp.matchAll(/<argument>([^<]*)<\/argument>/g)].map((match) => match[1]?.trim() ?? '')
  const flag = values.indexOf('-secret')
  const secret = flag >= 0 ? values[flag + 1] : values[0]
  return secret !== undefined && /^[0-9a-f]{64}$/i.test(secret) ? secret : undefined
}

async function readAgentJar(http: JenkinsHttp, signal?: AbortSignal): Promise<Buffer> {
  const answer = await http.ask({
    doing: 'download agent.jar',
    path: 'jnlpJars/agent.jar',
    anonymous: true,
    maxBytes: 64 * 2 ** 20,
    signal,
  })
  if (answer.body.length > 0 && !isHtml(answer)) return answer.body
  throw new RemoteError('broken', `Cannot download agent.jar: ${http.root} sends a web page instead`, {
    hint: 'check controller.url; a login page of a proxy answers like this too',
  })
}

async function readListener(http: JenkinsHttp, signal?: AbortSignal): Promise<AgentListener | undefined> {
  const ask = {
    doing: 'find the TCP port for agents',
    path: 'tcpSlaveAgentListener/',
    anonymous: true,
    expect: [200, 404],
    signal,
  }
  const { status, headers } = await http.ask(ask)
  if (status === 404) return undefined
  const port = Number(headers['x-jenkins-jnlp-port'] ?? headers['x-hudson-jnlp-port'])
  if (!Number.isInteger(port) || port <= 0) {
    throw new RemoteError('broken', `Cannot ${ask.doing}: ${http.root} does not say it`, {
      hint: 'check controller.url, or use WebSocket: transport: websocket',
    })
  }
  return {
    host: headers['x-jenkins-jnlp-host'] ?? new URL(http.root).hostname,
    port,
    protocols: (headers['x-jenkins-agent-protocols'] ?? '').split(/\s*,\s*/).filter(Boolean),
    minimumRemoting: headers['x-remoting-minimum-version'],
    hasIdentity: Boolean(headers['x-instance-identity']),
  }
}

/** A serialised hudson.remoting.Capability without any capability. One that cannot be read gives 500 and hides the rest. */
const capability = 'rO0ABXNyABpodWRzb24ucmVtb3RpbmcuQ2FwYWJpbGl0eQAAAAAAAAABAgABSgAEbWFza3hwAAAAAAAAAP4='

/**
 * The request of a WebSocket agent without the upgrade: Jenkins checks name, secret and duplicates, and then misses the upgrade.
 * Answers: recorded from Jenkins 2.498; since 2.511 an occupied node is 400 with the reason instead of a bare 500.
 */
async function probe(
  http: JenkinsHttp,
  node: string,
  { secret, signal }: { secret: Secret; signal: AbortSignal | undefined },
): Promise<WebSocketProbe> {
  const ask = {
    doing: `try node ${node} over WebSocket`,
    path: 'wsagents/',
    anonymous: true,
    headers: { 'Node-Name': node, 'Secret-Key': secret.reveal(), 'X-Remoting-Capability': capability },
    expect: 'any',
    signal,
  } as const
  const answer = await http.ask(ask)
  const text = visibleText(answer)
  switch (answer.status) {
    case 400:
      if (answer.headers['x-remoting-capability'] !== undefined) return 'accepted'
      if (/no such agent/i.test(text)) return 'unknown-node'
      return /already connected|not an inbound/i.test(text) ? 'occupied' : 'unclear'
    case 403:
      // A wrong secret is a bare 403; a page that wants a login is a controller without this endpoint.
      return isFromJenkins(answer) && /Authentication required/i.test(text) ? 'not-supported' : 'wrong-secret'
    case 404:
      return (await http.isUp(signal)) ? 'not-supported' : 'unclear'
    case 500:
      // A controller that is going down says 500 as well.
      return isFromJenkins(answer) && (await http.isUp(signal)) ? 'occupied' : 'unclear'
    case 503:
      throw http.refusal(ask, answer)
    default:
      return 'unclear'
  }
}
