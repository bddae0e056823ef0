import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOrThrow } from '../../core/process.ts'
import type { PracticeStage } from '../e2e/practice-stage.ts'
import { until } from '../support/until.ts'

/** An agent that a person started. */
export interface AgentByHand {
  remove(): Promise<void>
}

/** A folder with what an agent is started from: agent.jar, and a secret for the node that is registered on the way. */
async function register(stage: PracticeStage, name: string): Promise<{ folder: string; words: string[] }> {
  const { jenkins } = stage
  const labels = [labelOf(name)]
  const remoteFs = '/home/jenkins/agent'
  await jenkins.createNode({
    name,
    description: '',
    labels,
    remoteFs,
    executors: 1,
    mode: 'exclusive',
    webSocket: true,
  })
  const folder = await mkdtemp(join(tmpdir(), 'footman-bench-'))
  await chmod(folder, 0o755)
  const secret = await jenkins.inboundSecret(name)
  await writeFile(join(folder, 'secret'), secret.reveal())
  await writeFile(join(folder, 'agent.jar'), await jenkins.agentJar())
  return { folder, words: ['-url', jenkins.url, '-name', name, '-webSocket'] }
}

/** The label that builds ask for to run on this agent. */
export function labelOf(name: string): string {
  return `only-${name}`
}

/** A plain agent process on this machine; resolves when its node is online. */
export async function startAgentByHand(stage: PracticeStage, name: string): Promise<AgentByHand> {
  const { folder, words } = await register(stage, name)
  const [jar, secret] = [join(folder, 'agent.jar'), `@${join(folder, 'secret')}`]
  const child = spawn(
    process.execPath,
    [jar, ...words, '-secret', secret, '-workDir', join(folder, 'work')],
    {
      stdio: 'ignore',
    },
  )
  await until(`${name} is online`, () => stage.controller.state.computers.get(name)?.link !== undefined)
  return {
    remove: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
      await stage.jenkins.deleteNode(name)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** `docker run` as a person would type it who knows already what is wanted; resolves when the command returns. */
export async function runContainerByHand(stage: PracticeStage, name: string): Promise<AgentByHand> {
  const { folder, words } = await register(stage, name)
  const [image = ''] = stage.images
  const mounts = ['agent.jar', 'secret'].flatMap((file) => ['--volume', `${join(folder, file)}:/${file}:ro`])
  const limits = ['--cpus', '0.5', '--memory', '512m', '--init', '--network', 'host']
  const java = [
    'java',
    '-jar',
    '/agent.jar',
    ...words,
    '-secret',
    '@/secret',
    '-workDir',
    '/home/jenkins/agent',
  ]
  await runOrThrow(['docker', 'run', '--detach', '--name', name, ...limits, ...mounts, image, ...java], {
    timeoutMs: 30_000,
  })
  return {
    remove: async () => {
      await runOrThrow(['docker', 'rm', '--force', '--volumes', name], { timeoutMs: 30_000 })
      await stage.jenkins.deleteNode(name)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
