import type { PracticeController } from '../../../jenkins/practice/controller.ts'
import { nodeFromForm } from '../../../jenkins/practice/node-form.ts'
import { addNode, markOffline } from '../../../jenkins/practice/nodes.ts'
import type { Computer } from '../../../jenkins/practice/state.ts'

export interface TestNode {
  label?: string
  mode?: 'NORMAL' | 'EXCLUSIVE'
  launcher?: Record<string, unknown>
}

/** Adds a node as the recordings' nodes were made. */
export function addTestNode(controller: PracticeController, name: string, node: TestNode = {}): void {
  const inbound = { $class: 'hudson.slaves.JNLPLauncher', webSocket: true }
  const form = {
    nodeDescription: 'made by the recorder',
    numExecutors: '1',
    remoteFS: '/home/jenkins/agent',
    labelString: node.label ?? '',
    mode: node.mode ?? 'NORMAL',
    launcher: node.launcher ?? inbound,
    retentionStrategy: { $class: 'hudson.slaves.RetentionStrategy$Always' },
  }
  const config = nodeFromForm(name, JSON.stringify(form))
  if (!config) throw new Error(`no node can be made of ${JSON.stringify(form)}`)
  addNode(controller.state, config)
}

/** Marks a node as temporarily offline, or takes the mark away when there is no message. */
export function markTestNode(controller: PracticeController, name: string, message?: string): void {
  const computer = testNode(controller, name)
  const mark = message === undefined ? undefined : { atMs: Date.now(), user: 'admin', message }
  markOffline(controller.state, computer, mark)
}

export function testNode(controller: PracticeController, name: string): Computer {
  const computer = controller.state.computers.get(name)
  if (!computer) throw new Error(`there is no node ${name}`)
  return computer
}
