import { childOf, element, parseXml, renderXml, textOf, type XmlElement } from './xml.ts'

/** A node as its config.xml says it. Plain data. */
export interface NodeConfig {
  /** Made by the Swarm plugin: never written to disk, gone with the controller's restart. */
  isSwarm?: boolean | undefined
  name: string
  description: string | undefined
  remoteFs: string | undefined
  /** Zero or less: the node exists, but has no Computer, so that every URL below it is 404. */
  executors: number
  mode: 'NORMAL' | 'EXCLUSIVE' | undefined
  /** The label text as typed. */
  label: string
  retention: XmlElement | undefined
  /** Undefined means an inbound launcher with its defaults. */
  launcher: XmlElement | undefined
  properties: XmlElement | undefined
  /** A user's mark that the node shall take no builds. */
  offlineMark: OfflineMark | undefined
  /** Elements that we do not know. Jenkins would drop them; here they survive. */
  others: XmlElement[]
}

export interface OfflineMark {
  atMs: number
  user: string
  /** '' when none was given. */
  message: string
}

export const jnlpLauncher = 'hudson.slaves.JNLPLauncher'
const inboundLaunchers = [jnlpLauncher, 'hudson.plugins.swarm.SwarmLauncher']
const swarmRoot = 'hudson.plugins.swarm.SwarmSlave'

/**
 * Reads a POSTed config.xml. `unreadable`: no XML, another root, a number that is none (500 in Jenkins);
 * `other-type`: a node of another class (400 "Node types do not match").
 */
export function parseNodeXml(text: string, isSwarm = false): NodeConfig | 'unreadable' | 'other-type' {
  const root = parseXml(text)
  if (!root) return 'unreadable'
  const isPlain = root.name === 'slave' || root.name === 'hudson.slaves.DumbSlave'
  if (!isPlain && root.name !== swarmRoot) return 'unreadable'
  if (isPlain === isSwarm) return 'other-type'
  const executors = Number(textOf(root, 'numExecutors') ?? 0)
  const mode = textOf(root, 'mode')
  if (!Number.isInteger(executors) || (mode !== undefined && !isMode(mode))) return 'unreadable'
  return {
    ...(isSwarm && { isSwarm }),
    name: textOf(root, 'name') ?? '',
    description: textOf(root, 'description'),
    remoteFs: textOf(root, 'remoteFS'),
    executors,
    mode,
    label: textOf(root, 'label') ?? '',
    retention: childOf(root, 'retentionStrategy'),
    launcher: childOf(root, 'launcher'),
    properties: childOf(root, 'nodeProperties'),
    offlineMark: readMark(childOf(root, 'temporaryOfflineCause')),
    others: root.children.filter((child) => !known.has(child.name)),
  }
}

/** The config.xml that Jenkins 2.498 was recorded to give for such a node. */
export function renderNodeXml(config: NodeConfig): string {
  const optional = (name: string, text: string | undefined) => (text === undefined ? [] : element(name, text))
  const [root, attributes] = config.isSwarm ? [swarmRoot, { plugin: 'swarm@3.51' }] : ['slave', {}]
  return renderXml(
    element(
      root,
      [
        ...(config.offlineMark ? [markElement(config.offlineMark)] : []),
        element('name', config.name),
        ...[optional('description', config.description)].flat(),
        ...[optional('remoteFS', config.remoteFs)].flat(),
        element('numExecutors', String(config.executors)),
        ...[optional('mode', config.mode)].flat(),
        ...(config.retention ? [config.retention] : []),
        ...(config.launcher ? [config.launcher] : []),
        element('label', config.label),
        config.properties ?? element('nodeProperties'),
        ...config.others,
      ],
      attributes,
    ),
  )
}

export function isMode(text: string): text is 'NORMAL' | 'EXCLUSIVE' {
  return text === 'NORMAL' || text === 'EXCLUSIVE'
}

/** Whether agents dial in, rather than being launched by the controller. */
export function isInbound(config: NodeConfig): boolean {
  return inboundLaunchers.includes(config.launcher?.attributes.class ?? jnlpLauncher)
}

/** The arguments that jenkins-agent.jnlp advises an agent to start with. */
export function jnlpArguments(config: NodeConfig, secret: string, rootUrl: string): string[] {
  const { launcher } = config
  const settings = launcher && childOf(launcher, 'workDirSettings')
  const tunnel = launcher && textOf(launcher, 'tunnel')
  const args = [secret, config.name]
  if (launcher && textOf(launcher, 'webSocket') === 'true') args.push('-webSocket')
  if (tunnel) args.push('-tunnel', tunnel)
  if (!isInbound(config)) args.push('-workDir', '', '-internalDir', '')
  else if (!launcher || (settings && textOf(settings, 'disabled') !== 'true')) {
    args.push('-workDir', (settings && textOf(settings, 'workDirPath')) || (config.remoteFs ?? ''))
    args.push('-internalDir', (settings && textOf(settings, 'internalDir')) || 'remoting')
    if (settings && textOf(settings, 'failIfWorkDirIsMissing') === 'true')
      args.push('-failIfWorkDirIsMissing')
  }
  return [...args, '-url', rootUrl]
}

const known = new Set([
  'temporaryOfflineCause',
  'name',
  'description',
  'remoteFS',
  'numExecutors',
  'mode',
  'retentionStrategy',
  'launcher',
  'label',
  'nodeProperties',
])

function markElement(mark: OfflineMark): XmlElement {
  return element(
    'temporaryOfflineCause',
    [
      element('timestamp', String(mark.atMs)),
      element('description', [
        element('holder', [element('owner', 'hudson.slaves.Messages')]),
        element('key', 'SlaveComputer.DisconnectedBy'),
        element('args', [
          element('string', mark.user),
          element('string', mark.message && ` : ${mark.message}`),
        ]),
      ]),
      element('userId', mark.user),
    ],
    { class: 'hudson.slaves.OfflineCause$UserCause' },
  )
}

function readMark(cause: XmlElement | undefined): OfflineMark | undefined {
  if (!cause) return undefined
  const description = childOf(cause, 'description')
  const [user, message] = (description && childOf(description, 'args')?.children) ?? []
  return {
    atMs: Number(textOf(cause, 'timestamp') ?? 0),
    user: user?.text ?? textOf(cause, 'userId') ?? '',
    message: (message?.text ?? '').replace(/^ : /, ''),
  }
}
