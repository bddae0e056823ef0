import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { run } from '../../core/process.ts'
import { acceptParameters } from '../../library/accept.ts'
import type { StepDefinition } from '../../library/definition.ts'
import { environmentOf, readResults } from '../../library/exchange.ts'
import { steps } from '../../library/registry.ts'
import { sampleCall } from '../../library/step-tests.ts'
import { tempDir } from '../support/temp-dir.ts'
import { unpackResource } from './harness/resource.ts'
import { sampleStep, sampleTemplates } from './sample-step.ts'
import { importImage } from './support/image.ts'

const user = 4242

/** What a step wants to be told besides what it always needs, or it refuses even to plan. */
const wishes: Record<string, Record<string, unknown>> = { promoteImage: { allowMutable: true } }

/**
 * A container as `docker.image(…).inside` of Docker Pipeline starts it: the workspace and the folder beside it mounted at
 * the same places, the bare user id of the agent, no home; every shell is a `docker exec` with its variables.
 */
async function inside(image: string, workspace: string) {
  const mounts = [workspace, `${workspace}@tmp`]
  for (const path of mounts) {
    await mkdir(path, { recursive: true })
    await chown(path, user, user)
  }
  const volumes = mounts.flatMap((path) => ['--volume', `${path}:${path}:rw`])
  const start = ['docker', 'run', '-d', '-u', `${user}:${user}`, '-w', workspace, ...volumes, image, 'cat']
  const started = await run([...start.slice(0, 2), '-t', ...start.slice(2)], { timeoutMs: 60_000 })
  const id = started.stdout.trim()
  if (started.exitCode !== 0) throw new Error(started.stderr)
  onTestFinished(async () => {
    await run(['docker', 'rm', '--force', id], { timeoutMs: 60_000 })
  })
  return (env: Readonly<Record<string, string>>, words: readonly string[]) =>
    run(
      [
        'docker',
        'exec',
        ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        id,
        ...words,
      ],
      {
        timeoutMs: 60_000,
      },
    )
}

async function place(definition: StepDefinition, templates = sampleTemplates()) {
  const dir = await tempDir()
  const workspace = join(dir, 'team_app')
  const image = await importImage({ programs: ['/bin/bash', '/usr/bin/env'] })
  const exec = await inside(image, workspace)
  const folder = join(`${workspace}@tmp`, 'call')
  const { folder: unpacked } = await unpackResource(definition, dir, { templates })
  await run(['cp', '-a', unpacked, folder], { timeoutMs: 10_000 })
  await run(['chown', '-R', `${user}:${user}`, folder], { timeoutMs: 10_000 })
  const phase = (name: string, values: Readonly<Record<string, unknown>>) =>
    exec(
      {
        ...environmentOf(definition, values),
        CALL_ID: 'c0ffee',
        CALL_FOLDER: folder,
        CALL_RESULT: join(folder, 'result'),
        CALL_PHASE: name,
      },
      ['sh', '-c', 'exec bash "$CALL_FOLDER/step.sh"'],
    )
  return { folder, workspace, phase }
}

it('a step works inside a container of Docker Pipeline, as a user without a name and a home', async () => {
  const { folder, workspace, phase } = await place(sampleStep)
  await writeFile(join(workspace, 'input'), 'from the workspace\n')
  const accepted = acceptParameters(
    sampleStep,
    { word: '$(x) "y"', command: 'cat input; id -u >made' },
    false,
  )
  if ('problem' in accepted) throw new Error(accepted.problem)
  const { exitCode, stdout, stderr } = await phase('run', accepted.values)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toBe('from the workspace\n')
  expect(await readFile(join(workspace, 'made'), 'utf8')).toBe(`${user}\n`)
  expect(readResults(sampleStep, await readFile(join(folder, 'result'), 'utf8')).values).toMatchObject({
    said: '$(x) "y"',
  })
})

it.each(steps.map((definition) => [definition.name, definition] as const))(
  '%s says there what it would do, and ends cleanly',
  async (_, definition) => {
    const { phase } = await place(definition)
    const sample = sampleCall(definition)
    const parameters = { ...sample?.parameters, ...wishes[definition.name] }
    const accepted = acceptParameters(definition, parameters, sample?.body ?? false)
    if ('problem' in accepted) throw new Error(accepted.problem)
    const plan = await phase('plan', accepted.values)
    expect({ exitCode: plan.exitCode, stdout: plan.stdout }, plan.stderr).toEqual({ exitCode: 0, stdout: '' })
    expect(plan.stderr).toContain(`${definition.name}: would `)
    expect((await phase('end', accepted.values)).exitCode).toBe(0)
  },
)
