import type { z } from 'zod'
import { textOf, unescapeHtml } from './exchange.ts'
import type { JenkinsHttp } from './http.ts'
import type { Jenkins, NodeChange, NodeState } from './jenkins.ts'
import { canCreateNodes, createNode } from './new-node.ts'
import { nodePath } from './node-name.ts'
import { changeNodeXml } from './node-xml.ts'
import { nodeAnswer, nodesAnswer, nodeTree } from './schema.ts'

type NodeCalls =
  | 'nodes'
  | 'node'
  | 'createNode'
  | 'canCreateNodes'
  | 'updateNode'
  | 'deleteNode'
  | 'markOffline'
  | 'clearOffline'
  | 'disconnect'
  | 'nodeLog'
  | 'launch'

/** The nodes: what they are, and every way to change them. */
export function nodeCalls(http: JenkinsHttp): Pick<Jenkins, NodeCalls> {
  return {
    nodes: (signal) => readNodes(http, signal),
    node: (name, signal) => readNode(http, name, signal),
    createNode: (spec, signal) => createNode(http, spec, signal),
    canCreateNodes: (signal) => canCreateNodes(http, signal),
    updateNode: (name, change, signal) => updateNode(http, name, { change, signal }),
    deleteNode: (name, signal) => deleteNode(http, name, signal),
    markOffline: (name, reason, signal) =>
      nodeVerb(http, name, {
        doing: `mark node ${name} offline`,
        verb: 'changeOfflineCause',
        reason,
        signal,
      }),
    clearOffline: (name, signal) => clearOffline(http, name, signal),
    disconnect: (name, reason, signal) =>
      nodeVerb(http, name, { doing: `disconnect node ${name}`, verb: 'doDisconnect', reason, signal }),
    nodeLog: (name, signal) => readLog(http, name, signal),
    launch: (name, signal) => launch(http, name, signal),
  }
}

async function readNodes(http: JenkinsHttp, signal?: AbortSignal): Promise<NodeState[]> {
  const { computer } = await http.json(nodesAnswer, {
    doing: 'read the nodes',
    path: 'computer/api/json',
    query: { tree: `computer[${nodeTree}]` },
    signal,
  })
  return computer.map(toNodeState)
}

async function readNode(
  http: JenkinsHttp,
  name: string,
  signal?: AbortSignal,
): Promise<NodeState | undefined> {
  const ask = {
    doing: `read node ${name}`,
    path: `${nodePath(name)}/api/json`,
    query: { tree: nodeTree },
    expect: [200, 404],
    signal,
  }
  const answer = await http.ask(ask)
  return answer.status === 404 ? undefined : toNodeState(http.read(nodeAnswer, ask, answer))
}

function toNodeState(node: z.output<typeof nodeAnswer>): NodeState {
  const offlineCauseKind = node.offlineCause?._class
  return {
    name: node.displayName,
    description: node.description,
    labels: node.assignedLabels.map((label) => label.name).filter((label) => label !== node.displayName),
    offline: node.offline,
    temporarilyOffline: node.temporarilyOffline,
    // Escaped for HTML since 2.483.
    offlineReason: unescapeHtml(node.offlineCauseReason),
    ...(offlineCauseKind !== undefined && { offlineCauseKind }),
    // Without Agent/Connect the path is hidden; but nothing is online without a channel.
    connected: node.absoluteRemotePath !== undefined || !node.offline,
    idle: node.idle,
    executors: node.numExecutors,
    builds: [...node.executors, ...node.oneOffExecutors].flatMap(
      (executor) => executor.currentExecutable?.url ?? [],
    ),
    inbound: node.jnlpAgent,
  }
}

async function updateNode(
  http: JenkinsHttp,
  name: string,
  { change, signal }: { change: NodeChange; signal: AbortSignal | undefined },
): Promise<void> {
  const doing = `change node ${name}`
  const path = `${nodePath(name)}/config.xml`
  const current = await http.ask({ doing, path, signal })
  const xml = await changeNodeXml(textOf(current), change)
  if (xml !== undefined) await http.ask({ doing, method: 'POST', path, xml, signal })
}

async function deleteNode(http: JenkinsHttp, name: string, signal?: AbortSignal): Promise<void> {
  await http.ask({
    doing: `delete node ${name}`,
    method: 'POST',
    path: `${nodePath(name)}/doDelete`,
    expect: [302, 404],
    landsOn: /^computer\//,
    signal,
  })
}

/** Jenkins can only toggle the mark, so it is looked at first. */
async function clearOffline(http: JenkinsHttp, name: string, signal?: AbortSignal): Promise<void> {
  const doing = `bring node ${name} back`
  const ask = { doing, path: `${nodePath(name)}/api/json`, query: { tree: nodeTree }, signal }
  const node = await http.json(nodeAnswer, ask)
  if (node.temporarilyOffline)
    await nodeVerb(http, name, { doing, verb: 'toggleOffline', reason: '', signal })
}

interface Verb {
  doing: string
  verb: string
  reason: string
  signal: AbortSignal | undefined
}

async function nodeVerb(
  http: JenkinsHttp,
  name: string,
  { doing, verb, reason, signal }: Verb,
): Promise<void> {
  await http.ask({
    doing,
    method: 'POST',
    path: `${nodePath(name)}/${verb}`,
    // Jenkins shows only what follows the last " : " of a reason.
    form: { offlineMessage: reason.replace(/\s+:\s+/g, ': ') },
    expect: [302],
    landsOn: /^computer\//,
    signal,
  })
}

/** A node whose agent is there by now is shown in a page of its own (jenkinsci/jenkins SlaveComputer.java doLaunchSlaveAgent). */
async function launch(http: JenkinsHttp, name: string, signal?: AbortSignal): Promise<void> {
  await http.ask({
    doing: `launch node ${name}`,
    method: 'POST',
    path: `${nodePath(name)}/launchSlaveAgent`,
    expect: [200, 302],
    landsOn: /^computer\//,
    signal,
  })
}

async function readLog(http: JenkinsHttp, name: string, signal?: AbortSignal): Promise<string> {
  const answer = await http.ask({
    doing: `read the log of node ${name}`,
    path: `${nodePath(name)}/logText/progressiveText`,
    query: { start: '0' },
    signal,
  })
  return textOf(answer)
}
