import { createHmac } from 'node:crypto'
import { type Label, matches, splitNodeLabels } from './label.ts'
import type { NodeConfig } from './node-xml.ts'
import type { Computer, OfflineCause, State } from './state.ts'

/** All Computers that have a URL: the built-in one first, then by name. */
export function visibleComputers(state: State): Computer[] {
  const named = [...state.computers.values()].filter(isVisible)
  return [state.builtIn, ...named.sort((a, b) => (a.name < b.name ? -1 : 1))]
}

/** The Computer behind `/computer/NAME/`; undefined is 404. */
export function findComputer(state: State, name: string): Computer | undefined {
  if (name === '(built-in)' || name === '(master)') return state.builtIn
  const computer = state.computers.get(name)
  return computer && isVisible(computer) ? computer : undefined
}

/** Nodes that a label matches, those without a Computer as well. No label matches all. */
export function nodesWith(state: State, label: Label | undefined): Computer[] {
  const nodes = [state.builtIn, ...state.computers.values()].filter((computer) => computer.config)
  return label ? nodes.filter((computer) => matches(label, labelsOf(computer))) : nodes
}

/** A node's labels, its own name among them. */
export function labelsOf(computer: Computer): ReadonlySet<string> {
  const { config } = computer
  if (!config) return noLabels
  const known = labelCache.get(config)
  if (known) return known
  const labels = new Set([config.name || 'built-in', ...splitNodeLabels(config.label)])
  labelCache.set(config, labels)
  return labels
}

export function isBuiltIn(computer: Computer): boolean {
  return computer.name === ''
}

/** What the remote API calls `offline=false`: a channel, and no mark. The built-in node needs no channel. */
export function isOnline(computer: Computer): boolean {
  if (isBuiltIn(computer)) return true
  return isVisible(computer) && computer.link !== undefined && computer.config?.offlineMark === undefined
}

/** Why a Computer is offline: the user's mark, else the lost channel. */
export function offlineCause(computer: Computer): OfflineCause | undefined {
  const mark = computer.config?.offlineMark
  return mark ? userCause(mark.user, mark.message, mark.atMs) : computer.lost
}

export function userCause(user: string, message: string, atMs: number): OfflineCause {
  const description = `Disconnected by ${user}${message && ` : ${message}`}`
  return { kind: 'UserCause', atMs, description, reason: message.split(' : ').at(-1) ?? '' }
}

export function idleExecutors(computer: Computer): number {
  return computer.executors.filter((occupant) => occupant === undefined).length
}

/** Idle executors that the queue may use. */
export function openExecutors(computer: Computer): number {
  return isOnline(computer) && computer.accepting ? idleExecutors(computer) : 0
}

/** As queue messages name a node: the built-in one is "Jenkins" as a node, but "Built-In Node" as a Computer. */
export function nodeDisplayName(computer: Computer): string {
  return isBuiltIn(computer) ? 'Jenkins' : computer.name
}

export function computerDisplayName(computer: Computer): string {
  return isBuiltIn(computer) ? 'Built-In Node' : computer.name
}

/** The inbound secret of a node name: 64 hex digits, the same for ever (jenkinsci/jenkins JnlpAgentReceiver.java). */
export function agentSecret(state: State, name: string): string {
  return createHmac('sha256', Buffer.from(state.secretKey, 'hex')).update(name).digest('hex')
}

const noLabels: ReadonlySet<string> = new Set()
const labelCache = new WeakMap<NodeConfig, ReadonlySet<string>>()

/** A node with no executor has no Computer (jenkinsci/jenkins AbstractCIBase.java). */
function isVisible(computer: Computer): boolean {
  return computer.executors.length > 0
}
