import { environmentElement } from './node-form.ts'
import type { NodeConfig } from './node-xml.ts'
import { element, type XmlElement } from './xml.ts'

const keepClass = 'hudson.plugins.swarm.KeepSwarmClientNodeProperty'

export interface SwarmRequest {
  name: string
  mode: 'NORMAL' | 'EXCLUSIVE'
  form: URLSearchParams
}

/** The node that createSlave makes of its parameters; executors that are no number are taken, as recorded. */
export function swarmConfig({ name, mode, form }: SwarmRequest): NodeConfig {
  const text = form.get('description')
  const env = form.getAll('environmentVariable').map((pair) => {
    const [key = '', ...value] = pair.split(':')
    return { key, value: value.join(':') }
  })
  const keeps = form.get('keepDisconnectedClients') === 'true'
  return {
    isSwarm: true,
    name,
    description: `Swarm agent from 127.0.0.1${text ? `: ${text}` : ''}`,
    remoteFs: form.get('remoteFsRoot') ?? undefined,
    executors: Number.parseInt(form.get('executors') ?? '', 10) || 0,
    mode,
    label: ['swarm', ...(form.get('labels') ?? '').split(/\s+/).filter((word) => word !== '')].join(' '),
    retention: element('retentionStrategy', [], { class: 'hudson.slaves.RetentionStrategy$NoOp' }),
    launcher,
    properties: propertiesElement(keeps, env),
    offlineMark: undefined,
    others: [],
  }
}

/** Whether the node outlives its agent. */
export function keepsDisconnected({ properties }: NodeConfig): boolean {
  return properties?.children.some(({ name }) => name === keepClass) ?? false
}

const launcher = element(
  'launcher',
  [
    element('workDirSettings', [
      element('disabled', 'true'),
      element('internalDir', 'remoting'),
      element('failIfWorkDirIsMissing', 'false'),
    ]),
    element('webSocket', 'false'),
  ],
  { class: 'hudson.plugins.swarm.SwarmLauncher' },
)

function propertiesElement(keeps: boolean, env: { key: string; value: string }[]): XmlElement | undefined {
  const className = 'hudson.slaves.EnvironmentVariablesNodeProperty'
  const variables = environmentElement([{ $class: className, env }])
  const all = [...(keeps ? [element(keepClass)] : []), ...(variables?.children ?? [])]
  return all.length === 0 ? undefined : element('nodeProperties', all)
}
