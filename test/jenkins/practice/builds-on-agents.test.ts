import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Secret } from '../../../core/secret.ts'
import { connectJenkins } from '../../../jenkins/connect.ts'
import type { Jenkins } from '../../../jenkins/jenkins.ts'
import { type PracticeController, startPracticeController } from '../../../jenkins/practice/controller.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { type AgentProcess, startAgent } from './agent-process.ts'

interface Play {
  controller: PracticeController
  jenkins: Jenkins
  folder: string
  agent: AgentProcess
  /** Starts the same agent again. */
  again(): Promise<AgentProcess>
}

/** A practice controller with one node, and a real agent process on it. */
async function play(webSocket: boolean): Promise<Play> {
  const controller = await startPracticeController()
  onTestFinished(() => controller.stop())
  const { url, user, token } = controller
  const jenkins = connectJenkins({ url, user, token: new Secret(token) })
  const folder = await tempDir()
  const remoteFs = join(folder, 'work')
  await jenkins.createNode({
    name: 'n1',
    description: '',
    labels: ['linux'],
    remoteFs,
    executors: 1,
    mode: 'normal',
    webSocket,
  })
  const secret = (await jenkins.inboundSecret('n1')).reveal()
  const args = ['-url', url, '-name', 'n1', '-secret', secret, '-workDir', remoteFs]
  const again = () => startAgent(folder, webSocket ? [...args, '-webSocket'] : args)
  await mkdir(remoteFs)
  const agent = await again()
  await vi.waitFor(async () => expect((await jenkins.node('n1'))?.connected).toBe(true), patience)
  return { controller, jenkins, folder, agent, again }
}

const patience = { timeout: 8000, interval: 20 }

async function ends(jenkins: Jenkins, job: string, result: string): Promise<string> {
  await vi.waitFor(async () => expect((await jenkins.buildState(job, 1)).result).toBe(result), patience)
  return jenkins.buildLog(job, 1)
}

async function says(jenkins: Jenkins, job: string, text: string): Promise<void> {
  await vi.waitFor(async () => expect(await jenkins.buildLog(job, 1)).toContain(text), patience)
}

describe.each([
  ['WebSocket', true],
  ['TCP', false],
])('with an agent over %s', (_, webSocket) => {
  it('a freestyle build runs on it', async () => {
    const { controller, jenkins, folder } = await play(webSocket)
    controller.createJob('free', {
      kind: 'freestyle',
      label: 'linux',
      scripts: ['echo "on $NODE_NAME in $PWD"'],
    })
    controller.build('free')
    const log = await ends(jenkins, 'free', 'SUCCESS')
    expect(log).toContain(`on n1 in ${folder}/work/workspace/free\n`)
    expect(await jenkins.nodeLog('n1')).toContain('Agent successfully connected and online')
  })

  it('a Pipeline survives a restart of the controller', async () => {
    const { controller, jenkins, folder } = await play(webSocket)
    const script = `node('linux') { sh 'echo begun; until [ -e ${folder}/go ]; do sleep 0.05; done; echo done' }`
    controller.createJob('pipe', { kind: 'pipeline', script })
    controller.build('pipe')
    await says(jenkins, 'pipe', '\nbegun\n')
    await controller.restart({ downMs: 150 })
    await says(jenkins, 'pipe', 'Ready to run at')
    await mkdir(join(folder, 'go'))
    const log = await ends(jenkins, 'pipe', 'SUCCESS')
    expect(log.match(/^begun$/gm)).toHaveLength(1)
    expect(log.match(/^done$/gm)).toHaveLength(1)
  })

  it('a step that ends while the controller goes down is not forgotten', async () => {
    const { controller, jenkins, folder } = await play(webSocket)
    const script = `node('linux') { sh 'echo begun; until [ -e ${folder}/go ]; do sleep 0.05; done; echo done' }`
    controller.createJob('pipe', { kind: 'pipeline', script })
    controller.build('pipe')
    await says(jenkins, 'pipe', '\nbegun\n')
    const restarted = controller.restart({ downMs: 1500 })
    await mkdir(join(folder, 'go'))
    await restarted
    const log = await ends(jenkins, 'pipe', 'SUCCESS')
    expect(log.match(/^done$/gm)).toHaveLength(1)
  })

  it('a Pipeline survives the death of its agent, when that comes back', async () => {
    const { controller, jenkins, folder, agent, again } = await play(webSocket)
    const script = `node('linux') { sh 'echo begun; until [ -e ${folder}/go ]; do sleep 0.05; done; echo done' }`
    controller.createJob('pipe', { kind: 'pipeline', script })
    controller.build('pipe')
    await says(jenkins, 'pipe', '\nbegun\n')
    agent.child.kill('SIGKILL')
    await says(jenkins, 'pipe', 'Cannot contact n1')
    await again()
    await mkdir(join(folder, 'go'))
    const log = await ends(jenkins, 'pipe', 'SUCCESS')
    expect(log.match(/^done$/gm)).toHaveLength(1)
  })

  it('a build is stopped, and its process with it', async () => {
    const { controller, jenkins } = await play(webSocket)
    controller.createJob('pipe', { kind: 'pipeline', script: "node('n1') { sh 'sleep 60' }" })
    controller.build('pipe')
    await says(jenkins, 'pipe', '+ sleep 60')
    await jenkins.stopBuild('pipe', 1)
    expect(await ends(jenkins, 'pipe', 'ABORTED')).toMatch(/script returned exit code (143|137)\n/)
  })
})
