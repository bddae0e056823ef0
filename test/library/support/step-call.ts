import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { libraryConfigSchema } from '../../../library/config.ts'
import type { StepDefinition } from '../../../library/definition.ts'
import { planLibrary } from '../../../library/engine.ts'
import { environmentOf, type Results, readResults } from '../../../library/exchange.ts'
import { loadTemplates } from '../../../library/templates.ts'

export interface CallOptions {
  /** Parameters by name; those that are not given have their defaults. */
  parameters?: Readonly<Record<string, unknown>>
  /** Bound credentials and whatever else the agent's environment has. */
  env?: Readonly<Record<string, string>>
  /** The workspace. */
  cwd?: string
}

export interface Ended {
  /** Exit code; 128 and the signal's number when a signal ended it. */
  status: number
  /** stdout and stderr, in the order in which they came. */
  log: string
  results: Results
}

export interface RunningPhase {
  process: ChildProcess
  /** What it has printed so far. */
  log(): string
  ended: Promise<Ended>
}

/** One call of a step on this machine, as Jenkins makes it: phase by phase, each a process of its own. */
export interface StepCall {
  id: string
  folder: string
  /** Starts a phase; use it to interrupt one. */
  start(phase: string): RunningPhase
  phase(phase: string): Promise<Ended>
  /** What every phase finds in its environment, but for its own name in CALL_PHASE. */
  environment: Record<string, string>
  /** What the body finds in its environment, after `begin`. */
  bodyEnvironment(): Promise<Record<string, string>>
  /** A shell script in the environment that `begin` gave the body. */
  body(script: string): Promise<Ended>
}

/** Unpacks the generated resource of a step and its files. The phase `end` is run, and the folder removed, at the end of the test. */
export async function callStep(definition: StepDefinition, options: CallOptions = {}): Promise<StepCall> {
  const folder = await mkdtemp(join(tmpdir(), 'footman-call-'))
  await unpack(definition, folder)
  const id = folder.slice(-6).toLowerCase() + String(process.pid)
  const resultFile = join(folder, 'result')
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '/',
    JOB_NAME: 'a job',
    BUILD_NUMBER: '7',
    ...environmentOf(definition, valuesOf(definition, options.parameters ?? {})),
    ...options.env,
    CALL_ID: id,
    CALL_FOLDER: folder,
    CALL_RESULT: resultFile,
  }
  const results = async () =>
    readResults(definition, existsSync(resultFile) ? await readFile(resultFile, 'utf8') : '')
  const run = (words: readonly string[], env: Record<string, string>): RunningPhase => {
    const child = spawn('bash', words, { env, cwd: options.cwd ?? folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let log = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += String(chunk)))
    const ended = once(child, 'close').then(async ([code, signal]) => ({
      status: typeof code === 'number' ? code : signal === 'SIGKILL' ? 137 : 143,
      log,
      results: await results(),
    }))
    return { process: child, log: () => log, ended }
  }
  const call: StepCall = {
    id,
    folder,
    start: (phase) => run([join(folder, 'step.sh')], { ...environment, CALL_PHASE: phase }),
    phase: (phase) => call.start(phase).ended,
    environment,
    async bodyEnvironment() {
      const env: Record<string, string> = { PATH: environment.PATH, HOME: environment.HOME, ...options.env }
      for (const [name, value] of (await results()).environment) {
        if (name.startsWith('PATH+')) env.PATH = `${value}:${env.PATH}`
        else env[name] = value
      }
      return env
    },
    body: async (script) => run(['-e', '-c', script], await call.bodyEnvironment()).ended,
  }
  onTestFinished(async () => {
    await call.phase('end')
    await rm(folder, { recursive: true, force: true })
  })
  return call
}

function valuesOf(
  { parameters }: StepDefinition,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const unknown = Object.keys(given).find((name) => parameters[name] === undefined)
  if (unknown !== undefined) throw new Error(`there is no parameter ${unknown}`)
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [
      name,
      given[name] ?? ('default' in parameter ? parameter.default : undefined),
    ]),
  )
}

/** The files that the generated step would put into the folder of a call. */
async function unpack(definition: StepDefinition, folder: string): Promise<void> {
  const config = libraryConfigSchema.parse({})
  const resources = `resources/${config.package.replaceAll('.', '/')}/`
  const { name } = definition
  const { files } = planLibrary({ steps: [definition], config, templates: loadTemplates(), version: '0.0.0' })
  for (const { path, content } of files) {
    if (!path.startsWith(resources)) continue
    const below = path.slice(resources.length)
    const target = join(folder, below === `${name}.sh` ? 'step.sh' : below.slice(name.length + 1))
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await writeFile(target, content)
  }
}
