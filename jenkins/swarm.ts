import { RemoteError, UserError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { type Answer, textOf } from './exchange.ts'
import type { JenkinsHttp } from './http.ts'
import type { Jenkins, SwarmNodeSpec } from './jenkins.ts'
import { checkNodeName } from './node-name.ts'
import { joinLabels } from './node-xml.ts'

type SwarmCalls = 'hasSwarmPlugin' | 'createSwarmNode' | 'swarmLabels'

/**
 * The Swarm plugin's own registration of nodes, as its Java client uses it (jenkinsci/swarm-plugin PluginImpl.java, SwarmClient.java;
 * recorded from Jenkins 2.498 with swarm 3.51).
 */
export function swarmCalls(http: JenkinsHttp): Pick<Jenkins, SwarmCalls> {
  return {
    hasSwarmPlugin: (signal) => hasPlugin(http, signal),
    createSwarmNode: (spec, signal) => create(http, spec, signal),
    swarmLabels: (name, signal) => readLabels(http, name, signal),
  }
}

const base = 'plugin/swarm'
/** So much fits into a query behind any proxy; the Java client cuts at the same length. */
const longestLabels = 1000

/** Asks for the labels of a node that there is not: the plugin says so in plain words, Jenkins without it with a page. */
async function hasPlugin(http: JenkinsHttp, signal?: AbortSignal): Promise<boolean> {
  const ask = {
    doing: 'look for the Swarm plugin',
    path: `${base}/getSlaveLabels`,
    query: { name: 'footman-looks-for-the-plugin' },
    expect: 'any',
    signal,
  } as const
  const answer = await http.ask(ask)
  if (answer.status === 200 || isPluginsOwn(answer)) return true
  if (answer.status === 404) return false
  throw http.refusal(ask, answer)
}

/** Registers a node, or replaces the one of that name, whatever kind it is of; returns its secret. */
async function create(http: JenkinsHttp, spec: SwarmNodeSpec, signal?: AbortSignal): Promise<Secret> {
  checkNodeName(spec.name)
  if (!Number.isInteger(spec.executors) || spec.executors < 1) {
    throw new UserError(`Node ${spec.name} cannot have ${spec.executors} executors`, {
      hint: 'give it 1 or more',
    })
  }
  const all = joinLabels(spec.labels)
  const isShort = all.length <= longestLabels
  const doing = `register node ${spec.name} by the Swarm plugin`
  const ask = {
    doing,
    method: 'POST',
    path: `${base}/createSlave`,
    form: formOf(spec, isShort ? all : ''),
    expect: 'any',
    signal,
  } as const
  const answer = await http.ask(ask)
  if (answer.status === 404) throw missing(doing)
  if (answer.status === 409) throw conflict(doing, answer)
  if (answer.status !== 200) throw http.refusal(ask, answer)
  const secret = readProperties(textOf(answer)).get('secret')
  if (!secret) throw tooOld(doing)
  if (!isShort) {
    for (const labels of chunksOf(spec.labels)) await addLabels(http, spec.name, { labels, signal })
  }
  return new Secret(secret)
}

function formOf(spec: SwarmNodeSpec, labels: string): Record<string, string> {
  return {
    name: spec.name,
    description: spec.description,
    executors: String(spec.executors),
    remoteFsRoot: spec.remoteFs,
    labels,
    mode: spec.mode.toUpperCase(),
    // Nodes are to outlive their agents: a Pipeline resumes only on a node of the same name.
    keepDisconnectedClients: 'true',
    ...(spec.replaces && { deleteExistingClients: 'true' }),
  }
}

async function addLabels(
  http: JenkinsHttp,
  name: string,
  { labels, signal }: { labels: string; signal: AbortSignal | undefined },
): Promise<void> {
  const doing = `give labels to node ${name}`
  await http.ask({ doing, method: 'POST', path: `${base}/addSlaveLabels`, form: { name, labels }, signal })
}

async function readLabels(http: JenkinsHttp, name: string, signal?: AbortSignal): Promise<string[]> {
  const answer = await http.ask({
    doing: `read the labels of node ${name}`,
    path: `${base}/getSlaveLabels`,
    query: { name },
    signal,
  })
  // Not escaped: a label with markup in it makes this no XML.
  const text = /<labels>([\s\S]*)<\/labels>/.exec(textOf(answer))?.[1] ?? ''
  return text.split(/\s+/).filter((label) => label !== '')
}

/** Labels in as few texts as need be, none longer than fits; a label that is longer stands alone. */
export function chunksOf(labels: readonly string[], longest = longestLabels): string[] {
  const chunks: string[] = []
  for (const label of labels) {
    const text = joinLabels([label])
    const last = chunks.at(-1)
    if (last !== undefined && last.length + 1 + text.length <= longest)
      chunks[chunks.length - 1] = `${last} ${text}`
    else chunks.push(text)
  }
  return chunks
}

/** java.util.Properties, as far as its `store` writes it. */
function readProperties(text: string): Map<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.indexOf('=')
      return [line.slice(0, at), unescaped(line.slice(at + 1))]
    }),
  )
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|(.))/g, (_, hex: string | undefined, char: string) =>
    hex === undefined ? char : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/** What the plugin refuses it says in plain text, and Jenkins with a page. */
function isPluginsOwn({ headers, body }: Answer): boolean {
  return /^text\/plain/.test(headers['content-type'] ?? '') && /^Agent "/.test(body.toString('utf8', 0, 64))
}

function missing(doing: string): RemoteError {
  return new RemoteError('not-found', `Cannot ${doing}: this controller has no Swarm plugin`, {
    hint: 'let an administrator install the plugin swarm, or set transport: auto, which needs no plugin',
    status: 404,
  })
}

function conflict(doing: string, answer: Answer): RemoteError {
  return new RemoteError('conflict', `Cannot ${doing}: ${textOf(answer).trim()}`, {
    hint: 'another machine or client has this name: set machine.name, or end the other one',
    status: 409,
  })
}

function tooOld(doing: string): RemoteError {
  return new RemoteError(
    'rejected',
    `Cannot ${doing}: the plugin hands out no secret, so it is older than 3.42`,
    {
      hint: 'let an administrator update the plugin swarm to 3.42 or newer, or set transport: auto, which needs no plugin',
    },
  )
}
