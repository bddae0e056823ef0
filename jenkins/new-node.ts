import { UserError } from '../core/errors.ts'
import { isFromJenkins } from './exchange.ts'
import type { JenkinsHttp } from './http.ts'
import type { NodeSpec, PermissionCheck } from './jenkins.ts'
import { checkNodeName } from './node-name.ts'
import { joinLabels } from './node-xml.ts'

/**
 * Registers an inbound node that stays until it is deleted, by the form that every version has. Refuses with UserError what Jenkins
 * would take and choke on: with no executor the node would have no page, and its name would be taken for good
 * (recorded from Jenkins 2.498). Throws RemoteError `conflict` when the name is taken.
 */
export async function createNode(http: JenkinsHttp, spec: NodeSpec, signal?: AbortSignal): Promise<void> {
  checkNodeName(spec.name)
  if (!Number.isInteger(spec.executors) || spec.executors < 1) {
    throw new UserError(`Node ${spec.name} cannot have ${spec.executors} executors`, {
      hint: 'give it 1 or more',
    })
  }
  await http.ask({
    ...newNode,
    doing: `create node ${spec.name}`,
    form: { name: spec.name, type: 'hudson.slaves.DumbSlave', json: JSON.stringify(nodeForm(spec)) },
    expect: [302],
    landsOn: /^computer\//,
    signal,
  })
}

/** Asks for a node without a name. Jenkins looks at the permission first, and only then at the name (jenkinsci/jenkins ComputerSet.java). */
export async function canCreateNodes(http: JenkinsHttp, signal?: AbortSignal): Promise<PermissionCheck> {
  const ask = {
    ...newNode,
    doing: 'find out whether we may create nodes',
    form: { name: '', type: 'hudson.slaves.DumbSlave', json: '{}' },
    expect: [400, 403],
    signal,
  }
  const answer = await http.ask(ask)
  const permission = answer.headers['x-required-permission']
  if (permission !== undefined) return { allowed: false, permission }
  if (answer.status !== 400 || !isFromJenkins(answer)) throw http.refusal(ask, answer)
  return { allowed: true, permission }
}

const newNode = { method: 'POST', path: 'computer/doCreateItem' } as const

/** The form as Jenkins' own page submits it (jenkinsci/jenkins DumbSlave.java, JNLPLauncher.java, EnvironmentVariablesNodeProperty.java). */
function nodeForm(spec: NodeSpec): Record<string, unknown> {
  const env = Object.entries(spec.env ?? {}).map(([key, value]) => ({ key, value }))
  return {
    name: spec.name,
    nodeDescription: spec.description,
    numExecutors: String(spec.executors),
    remoteFS: spec.remoteFs,
    labelString: joinLabels(spec.labels),
    mode: spec.mode.toUpperCase(),
    launcher: {
      $class: 'hudson.slaves.JNLPLauncher',
      webSocket: spec.webSocket,
      workDirSettings: {
        disabled: false,
        workDirPath: '',
        internalDir: 'remoting',
        failIfWorkDirIsMissing: false,
      },
    },
    retentionStrategy: { $class: 'hudson.slaves.RetentionStrategy$Always' },
    nodeProperties: {
      'stapler-class-bag': 'true',
      ...(env.length > 0 && { 'hudson-slaves-EnvironmentVariablesNodeProperty': { env } }),
    },
  }
}
