import { isBuiltIn, userCause } from './computers.ts'
import type { Lease } from './contract.ts'
import type { AgentLink } from './link.ts'
import { isInbound, type NodeConfig, type OfflineMark } from './node-xml.ts'
import { type Computer, newComputer, type Occupant, type OfflineCause, type State } from './state.ts'
import { keepsDisconnected } from './swarm-node.ts'

/** Adds a node, or takes over the Computer that a deleted node of that name left behind. */
export function addNode(state: State, config: NodeConfig): void {
  const computer = state.computers.get(config.name) ?? newComputer(config.name, config)
  computer.config = config
  state.computers.set(config.name, computer)
  fitExecutors(state, computer)
  state.emit({ kind: 'node', node: config.name, change: 'created' })
}

/** POST config.xml: the Computer and its channel stay, unless the name or the last executor goes. */
export function replaceNode(state: State, computer: Computer, config: NodeConfig): void {
  if (config.name !== computer.name) {
    removeNode(state, computer)
    addNode(state, config)
    return
  }
  computer.config = config
  fitExecutors(state, computer)
  state.emit({ kind: 'node', node: config.name, change: 'changed' })
}

export function removeNode(state: State, computer: Computer, now = Date.now()): void {
  const description = 'Node is being removed'
  computer.config = undefined
  dropLink(state, computer, { kind: 'SimpleOfflineCause', atMs: now, description, reason: description })
  fitExecutors(state, computer)
  state.emit({ kind: 'node', node: computer.name, change: 'deleted' })
}

/** Sets or clears the mark that keeps builds away. Running builds go on. */
export function markOffline(state: State, computer: Computer, mark: OfflineMark | undefined): void {
  if (!computer.config) return
  computer.config = { ...computer.config, offlineMark: mark }
  state.emit({ kind: 'node', node: computer.name, change: 'changed' })
}

/** POST doDisconnect: a no-op without a channel. */
export function disconnect(state: State, computer: Computer, mark: OfflineMark): void {
  if (!computer.link) return
  dropLink(state, computer, userCause(mark.user, mark.message, mark.atMs))
  endIfEphemeral(state, computer, mark.atMs)
}

/** A node of the Swarm plugin goes with its agent, unless it was made to stay (jenkinsci/swarm-plugin SwarmLauncher.java). */
function endIfEphemeral(state: State, computer: Computer, now: number): void {
  const { config } = computer
  if (config?.isSwarm && !keepsDisconnected(config)) removeNode(state, computer, now)
}

/** An agent is there. A second one for the same name, or one whose node has gone, is sent away. */
export function attachLink(
  state: State,
  link: AgentLink,
  from: { address: string; now: () => number },
): void {
  const computer = state.computers.get(link.node)
  const isLaunched = link.transport === 'ssh'
  if (!computer?.config || computer.link || isInbound(computer.config) === isLaunched) {
    link.close(computer?.link ? 'already connected' : 'no such agent')
    return
  }
  computer.link = link
  computer.lost = undefined
  computer.log = isLaunched
    ? `${computer.log}${launchedLog}`
    : connectionLog(link, from.address, computer.config.isSwarm)
  link.onClosed((reason) => {
    if (computer.link !== link) return
    computer.link = undefined
    computer.lost = {
      kind: 'ChannelTermination',
      atMs: from.now(),
      description: undefined,
      reason: 'Connection was broken',
    }
    computer.log += 'ERROR: Connection terminated\njava.nio.channels.ClosedChannelException\n'
    state.emit({ kind: 'agent', node: computer.name, connected: false, reason })
    endIfEphemeral(state, computer, from.now())
  })
  state.emit({ kind: 'agent', node: computer.name, connected: true, reason: '' })
}

/** Gives an idle executor to a build. */
export function occupy(state: State, computer: Computer, occupant: Occupant): Lease {
  const executor = computer.executors.indexOf(undefined)
  computer.executors[executor] = occupant
  return {
    node: computer.name,
    executor,
    release: () => {
      if (computer.executors[executor] !== occupant) return
      computer.executors[executor] = undefined
      fitExecutors(state, computer)
      state.emit({ kind: 'executor', node: computer.name })
    },
  }
}

/** As many executors as configured, but never fewer than are busy. A Computer without node and executors goes. */
export function fitExecutors(state: State, computer: Computer): void {
  const wanted = Math.max(0, computer.config?.executors ?? 0)
  while (computer.executors.length < wanted) computer.executors.push(undefined)
  while (computer.executors.length > wanted && computer.executors.at(-1) === undefined)
    computer.executors.pop()
  if (computer.executors.length > 0 || isBuiltIn(computer)) return
  computer.link?.close('no executors')
  if (!computer.config) state.computers.delete(computer.name)
}

function dropLink(state: State, computer: Computer, cause: OfflineCause): void {
  const { link } = computer
  computer.link = undefined
  computer.lost = cause
  link?.close(cause.reason)
  if (link) state.emit({ kind: 'agent', node: computer.name, connected: false, reason: cause.reason })
}

/** What follows on the words of an SSH launcher. */
const launchedLog = [
  'Remoting version: 3283.v92c105e0f819',
  'Launcher: SSHLauncher',
  'Communication Protocol: Standard in/out',
  'This is a Unix agent',
  'Agent successfully connected and online',
  '',
].join('\n')

/** Word for word what the node log of Jenkins 2.498 was recorded to say. */
function connectionLog(link: AgentLink, address: string, isSwarm = false): string {
  const webSocket = link.transport === 'websocket'
  return [
    `Inbound agent connected from ${webSocket ? address : `localhost/${address}`}`,
    'Remoting version: 3283.v92c105e0f819',
    `Launcher: ${isSwarm ? 'SwarmLauncher' : 'JNLPLauncher'}`,
    `Communication Protocol: ${webSocket ? 'WebSocket' : 'JNLP4-connect'}`,
    'This is a Unix agent',
    'Agent successfully connected and online',
    '',
  ].join('\n')
}
