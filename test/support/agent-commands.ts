import { EventEmitter } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { agentCommands } from '../../agent/commands/registry.ts'
import type { AgentStatus, ControlRequest } from '../../agent/control/protocol.ts'
import { serveControl } from '../../agent/control/server.ts'
import { controlSocketOf } from '../../agent/control/socket-of.ts'
import { type CliRun, programOf, runCli } from './run-cli.ts'
import { tempDir } from './temp-dir.ts'

export interface CommandBench {
  env: NodeJS.ProcessEnv
  dir: string
  /** Runs one command line to its end. */
  run(...argv: string[]): Promise<CliRun>
  /** A daemon that answers in the test's words; `heard` lists what it was asked. */
  daemon(
    answer: (request: ControlRequest) => AgentStatus,
  ): Promise<{ heard: ControlRequest[]; end(): Promise<void> }>
  /** What the person's keyboard sends. */
  press(signal: 'SIGINT' | 'SIGTERM'): void
}

/** The command line of the agent in a home of its own, configured for http://jenkins.test/. */
export async function commandBench(settings: NodeJS.ProcessEnv = {}): Promise<CommandBench> {
  const dir = await tempDir()
  const url = 'http://jenkins.test/'
  const env = {
    HOME: dir,
    XDG_RUNTIME_DIR: join(dir, 'run'),
    FOOTMAN_CONTROLLER_URL: url,
    FOOTMAN_CONTROLLER_USER: 'ann',
    FOOTMAN_CONTROLLER_TOKEN: 'env:TOKEN',
    ...settings,
  }
  const signals = new EventEmitter()
  const spec = { ...programOf({}), commands: agentCommands }
  return {
    env,
    dir,
    run: (...argv) => runCli(spec, argv, { env, signals }),
    async daemon(answer) {
      const heard: ControlRequest[] = []
      const socketPath = controlSocketOf(url, { env })
      await mkdir(dirname(dirname(socketPath)), { recursive: true })
      const server = await serveControl({
        socketPath,
        handle: (request) => {
          heard.push(request)
          return answer(request)
        },
      })
      onTestFinished(() => server.close())
      return { heard, end: () => server.close() }
    },
    press: (signal) => void signals.emit(signal),
  }
}
