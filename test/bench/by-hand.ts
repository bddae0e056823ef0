import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectDocker } from '../../core/docker.ts'
import { runOrThrow } from '../../core/process.ts'
import type { PracticeStage } from '../e2e/practice-stage.ts'
import { until } from '../support/until.ts'
import type { Workbench } from './bench.ts'

/** What a person does who needs no daemon, because they know already what is wanted. */
export interface ByHand {
  /** Starts a plain agent process on this machine; resolves when its node is online. */
  startProcess(name: string): Promise<AgentByHand>
  /** Types `docker run`; resolves when the command returns. */
  runContainer(name: string): Promise<AgentByHand>
}

export interface AgentByHand {
  remove(): Promise<void>
}

/** The label that builds ask for to run on an agent that was started by hand. */
export function labelOf(name: string): string {
  return `only-${name}`
}

const mark = 'io.footman.bench'

const node = {
  description: '',
  remoteFs: '/home/jenkins/agent',
  executors: 1,
  mode: 'exclusive',
  webSocket: true,
} as const

/** Has agent.jar at hand, in a folder that goes when the benchmark ends, as does what runs in containers then. */
export async function byHand(stage: PracticeStage, { defer }: Pick<Workbench, 'defer'>): Promise<ByHand> {
  const { jenkins } = stage
  const folder = await mkdtemp(join(tmpdir(), 'footman-bench-'))
  defer(() => rm(folder, { recursive: true, force: true }))
  defer(async () => {
    const engine = await connectDocker()
    for (const { id } of await engine.list({ [mark]: stage.prefix })) await engine.remove(id)
  })
  const jar = join(folder, 'agent.jar')
  await chmod(folder, 0o755)
  await writeFile(jar, await jenkins.agentJar())

  /** Makes the node; returns the file with its secret. */
  const register = async (name: string): Promise<string> => {
    await jenkins.createNode({ ...node, name, labels: [labelOf(name)] })
    const secret = join(folder, name)
    await writeFile(secret, (await jenkins.inboundSecret(name)).reveal())
    return secret
  }
  const words = (name: string) => ['-url', jenkins.url, '-name', name, '-webSocket']

  return {
    startProcess: async (name) => {
      const secret = ['-secret', `@${await register(name)}`, '-workDir', join(folder, 'work')]
      const child = spawn(process.execPath, [jar, ...words(name), ...secret], { stdio: 'ignore' })
      const ended = once(child, 'exit')
      await until(`${name} is online`, () => stage.controller.state.computers.get(name)?.link !== undefined)
      return {
        remove: async () => {
          child.kill('SIGKILL')
          await ended
          await jenkins.deleteNode(name)
        },
      }
    },
    runContainer: async (name) => {
      const secret = await register(name)
      const workDir = ['-workDir', node.remoteFs]
      const mounts = ['--volume', `${jar}:/agent.jar:ro`, '--volume', `${secret}:/secret:ro`]
      const limits = ['--cpus', '0.5', '--memory', '512m', '--init', '--network', 'host']
      const run = ['docker', 'run', '--detach', '--name', name, '--label', `${mark}=${stage.prefix}`]
      const java = ['java', '-jar', '/agent.jar', ...words(name), '-secret', '@/secret', ...workDir]
      await runOrThrow([...run, ...limits, ...mounts, ...stage.images, ...java], { timeoutMs: 30_000 })
      return {
        remove: async () => {
          await runOrThrow(['docker', 'rm', '--force', '--volumes', name], { timeoutMs: 30_000 })
          await jenkins.deleteNode(name)
        },
      }
    },
  }
}
