import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import type { Command } from '../../core/command.ts'
import type { ExitCode } from '../../core/errors.ts'
import type { Host } from '../../core/program.ts'
import { runProgram } from '../../core/program.ts'
import type { ProgramSpec } from '../../core/program-spec.ts'

export interface CliRun {
  exitCode: ExitCode
  stdout: string
  stderr: string
}

export interface CliOptions {
  env?: NodeJS.ProcessEnv
  /** Where it is called. Default: the checkout. */
  cwd?: string
  stdin?: string
  /** Whether both streams are terminals. */
  isTTY?: boolean
  /** Emits SIGINT and SIGTERM. */
  signals?: EventEmitter
  /** Sees stdout as it is written. */
  onStdout?: (text: string) => void
  /** Sees stderr as it is written. */
  onStderr?: (text: string) => void
}

/** Runs a whole command line inside this process and returns what a shell would see of it. */
export async function runCli(
  spec: ProgramSpec,
  argv: readonly string[],
  options: CliOptions = {},
): Promise<CliRun> {
  const seen = { stdout: '', stderr: '' }
  const { isTTY = false, signals = new EventEmitter(), onStdout, onStderr } = options
  const host: Host = {
    argv,
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    stdin: Readable.from([options.stdin ?? '']),
    stdout: {
      isTTY,
      write: (text) => {
        seen.stdout += text
        onStdout?.(text)
      },
    },
    stderr: {
      isTTY,
      write: (text) => {
        seen.stderr += text
        onStderr?.(text)
      },
    },
    signals,
  }
  const exitCode = await runProgram(spec, host)
  return { exitCode, ...seen }
}

/** A program of made-up commands. */
export function programOf(commands: Record<string, Command>): ProgramSpec {
  return {
    name: 'footman',
    version: '1.2.3',
    description: 'A program for tests.',
    nouns: { agent: 'About agents', jenkins: 'About controllers' },
    commands: Object.entries(commands).map(([name, command]) => {
      const [noun, verb] = name.split(' ')
      const entry = { summary: `Summary of ${name}`, load: async () => command }
      return verb === undefined ? { verb: String(noun), ...entry } : { noun: String(noun), verb, ...entry }
    }),
    firstSteps: [{ line: 'footman agent run', explains: 'begin' }],
  }
}
