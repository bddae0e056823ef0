import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { agentJar } from '../../../jenkins/practice/agent-jar.ts'
import type { AgentLink, AgentTask } from '../../../jenkins/practice/link.ts'
import { secretOf } from './practice-door.ts'

export interface AgentProcess {
  child: ChildProcess
  /** Both output streams so far. */
  output(): string
  /** Resolves when the output has this text. */
  says(text: string): Promise<void>
  /** Exit code, or the signal's name. */
  ended: Promise<number | string>
}

/** Runs agent.jar as footman does, from a folder of its own. Pauses are 50 times shorter, unless told otherwise. */
export async function startAgent(folder: string, args: string[], speedup = 50): Promise<AgentProcess> {
  const jar = join(folder, 'agent.jar')
  await writeFile(jar, await agentJar())
  const child = spawn(process.execPath, [jar, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, FOOTMAN_PRACTICE_SPEEDUP: String(speedup) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data
    })
  }
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  return {
    child,
    ended,
    output: () => output,
    says: async (text) => {
      while (!output.includes(text)) {
        await Promise.race([once(child.stderr, 'data'), ended])
        if (child.exitCode !== null && !output.includes(text))
          throw new Error(`it never said ${text}: ${output}`)
      }
    },
  }
}

/** The usual arguments; the secret comes from a file, as in a container. */
export async function agentArgs(folder: string, url: string, name: string): Promise<string[]> {
  await writeFile(join(folder, 'secret'), `${secretOf(name)}\n`)
  return [
    '-url',
    url,
    '-name',
    name,
    '-secret',
    `@${join(folder, 'secret')}`,
    '-workDir',
    join(folder, 'work'),
  ]
}

export interface WatchedTask {
  output(): string
  seenBytes(): number
  ended: Promise<number | undefined>
  /** Resolves when the output has this text. */
  says(text: string): Promise<void>
}

/** Runs a script on an agent and collects what comes back. */
export function runTask(link: AgentLink, script: string, more: Partial<AgentTask> = {}): WatchedTask {
  let output = ''
  let seenBytes = more.seenBytes ?? 0
  let look = () => {}
  const ended = new Promise<number | undefined>((resolve) => {
    link.run(
      { id: 'job#1/0', script, directory: 'workspace/job', env: {}, seenBytes, ...more },
      {
        onOutput: (text, seen) => {
          output += text
          seenBytes = seen
          look()
        },
        onEnd: resolve,
      },
    )
  })
  return {
    ended,
    output: () => output,
    seenBytes: () => seenBytes,
    says: (text) =>
      new Promise((resolve) => {
        look = () => {
          if (output.includes(text)) resolve()
        }
        look()
      }),
  }
}

/** Whether a process runs (a zombie does not). */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
