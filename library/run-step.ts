import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readIfExists } from '../core/atomic-write.ts'
import { UserError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { type RunOptions, run } from '../core/process.ts'
import { acceptParameters } from './accept.ts'
import type { StepDefinition } from './definition.ts'
import { environmentOf, readResults } from './exchange.ts'

export interface RunStepRequest {
  definition: StepDefinition
  /** The resource and the files beside it, by path relative to the resource. */
  resource: string
  files: ReadonlyMap<string, string>
  /** As a Pipeline would give them. */
  parameters: Readonly<Record<string, unknown>>
  /** What runs in place of the body: a text for bash. */
  body?: string | undefined
  /** What withCredentials would bind: STEP_… by name. */
  credentials: Readonly<Record<string, string>>
  cwd: string
  env: NodeJS.ProcessEnv
  timeoutMs: number
  log: Log
  /** Told each line of what the step prints. */
  onLine(line: string, stream: 'stdout' | 'stderr'): void
  signal: AbortSignal
  /** Unique to this call. */
  id: string
  tmp?: string
}

export interface StepOutcome {
  values: Record<string, unknown>
  report: string
}

/** Cleaning up may take this long, in ms; it is not cut short by a signal. */
const cleanupMs = 60_000

/**
 * Runs a step's own shell resource on this machine, as the generated Groovy does on an agent: the same checks, the same
 * phases, the same cleanup, however it ends. Throws UserError when the step refuses or fails, or with the signal's reason.
 */
export async function runStep(request: RunStepRequest): Promise<StepOutcome> {
  const { definition, body, log, id, tmp = tmpdir() } = request
  const accepted = acceptParameters(definition, request.parameters, body !== undefined)
  if ('problem' in accepted) {
    throw new UserError(`${definition.name}: ${accepted.problem}`, {
      hint: `footman library show ${definition.name} explains every parameter`,
    })
  }
  for (const note of accepted.notes) log.warn(`${definition.name}: ${note}`)
  const folder = await mkdtemp(join(tmp, `footman-${definition.name}-`))
  const call: Call = {
    request,
    folder,
    env: {
      ...request.env,
      ...environmentOf(definition, accepted.values),
      CALL_ID: id,
      CALL_FOLDER: folder,
      CALL_RESULT: join(folder, 'result'),
    },
  }
  try {
    await unpack(call)
    return await perform(call, accepted.values.dryRun === true)
  } finally {
    await release(call)
  }
}

interface Call {
  request: RunStepRequest
  folder: string
  env: NodeJS.ProcessEnv
}

async function unpack({ request, folder }: Call): Promise<void> {
  await writeFile(join(folder, 'step.sh'), request.resource)
  for (const [path, content] of request.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

async function perform(call: Call, isDryRun: boolean): Promise<StepOutcome> {
  const { body } = call.request
  if (isDryRun) {
    await phase(call, 'plan')
    return { values: {}, report: '' }
  }
  if (body === undefined) {
    await phase(call, 'run')
  } else {
    await phase(call, 'begin')
    await runBody(call, body)
    await phase(call, 'finish')
  }
  const { values, report } = await results(call)
  return { values, report }
}

async function phase(call: Call, name: string): Promise<void> {
  const { credentials, definition } = call.request
  const env = { ...call.env, ...credentials, CALL_PHASE: name }
  await runOrFail(call, ['bash', join(call.folder, 'step.sh')], { env, what: definition.name })
}

async function runBody(call: Call, body: string): Promise<void> {
  const { environment } = await results(call)
  const env = { ...call.request.env }
  for (const [name, value] of environment) {
    if (name.startsWith('PATH+')) env.PATH = `${value}:${env.PATH ?? ''}`
    else env[name] = value
  }
  const file = join(call.folder, 'body')
  await writeFile(file, `${body}\n`)
  await runOrFail(call, ['bash', '-e', file], { env, what: 'the body' })
}

async function runOrFail(
  { request }: Call,
  words: readonly string[],
  { env, what }: { env: NodeJS.ProcessEnv; what: string },
): Promise<void> {
  const { cwd, timeoutMs, signal, onLine } = request
  const options: RunOptions = { cwd, env, timeoutMs, signal, onLine, graceMs: 30_000 }
  const { exitCode, timedOut, signal: killedBy } = await run(words, options)
  if (exitCode === 0 && !timedOut) return
  const how = timedOut
    ? 'took too long'
    : killedBy
      ? `was ended by ${killedBy}`
      : `ended with exit code ${exitCode}`
  throw new UserError(`${what} ${how}`, {
    hint: timedOut ? 'give it more time: --timeout 2h' : 'its last lines above say why',
  })
}

async function results({ request, folder }: Call) {
  return readResults(request.definition, (await readIfExists(join(folder, 'result'))) ?? '')
}

/** Without the signal that may have brought us here. */
async function release({ request, folder, env }: Call): Promise<void> {
  const { definition, log, cwd, onLine } = request
  const words = ['bash', join(folder, 'step.sh')]
  try {
    const options = { cwd, env: { ...env, CALL_PHASE: 'end' }, timeoutMs: cleanupMs, onLine }
    const { exitCode } = await run(words, options)
    if (exitCode === 0) return
    log.warn(`${definition.name}: its cleanup ended with exit code ${exitCode}; something may be left behind`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
