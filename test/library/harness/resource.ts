import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CommandResult } from '../../../core/command-result.ts'
import { run } from '../../../core/process.ts'
import { libraryConfigSchema } from '../../../library/config.ts'
import type { StepDefinition } from '../../../library/definition.ts'
import { planLibrary } from '../../../library/engine.ts'
import { environmentOf } from '../../../library/exchange.ts'
import type { TemplateSource } from '../../../library/render.ts'
import { filesBeside, partsOf } from '../../../library/step-parts.ts'
import { loadTemplates } from '../../../library/templates.ts'
import { canary } from '../hostile-values.ts'

/** A step's resource, unpacked, with a canary that tells when something was evaluated. */
export interface Resource {
  /** CALL_FOLDER. */
  folder: string
  /** Runs one phase with values as they come from a Pipeline, unchecked: bash checks them itself. */
  phase(name: string, values: Readonly<Record<string, unknown>>): Promise<CommandResult>
  /** Whether the canary was called. */
  sings(): boolean
}

export interface ResourceOptions {
  /** Stand-ins by name; the text of each is bash. */
  tools?: Readonly<Record<string, string>>
  templates?: TemplateSource
}

/** Unpacks a step into an empty folder. */
export async function unpackResource(
  definition: StepDefinition,
  folder: string,
  { tools = {}, templates = loadTemplates() }: ResourceOptions = {},
): Promise<Resource> {
  const plan = planLibrary({
    steps: [definition],
    config: libraryConfigSchema.parse({}),
    templates,
    version: '0.0.0',
  })
  const parts = partsOf(definition.name, plan.files)
  const call = join(folder, 'call')
  const bin = join(folder, 'bin')
  const workspace = join(folder, 'workspace')
  const sung = join(folder, 'sung')
  const state = join(folder, 'state')
  const files = new Map([['step.sh', parts.get('shell')?.content ?? ''], ...filesBeside(parts)])
  for (const path of [call, bin, workspace, join(state, 'held')]) await mkdir(path, { recursive: true })
  for (const [path, content] of files) {
    await mkdir(dirname(join(call, path)), { recursive: true })
    await writeFile(join(call, path), content)
  }
  for (const [name, text] of Object.entries({ ...tools, [canary]: `: >'${sung}'` })) {
    await writeFile(join(bin, name), `#!/usr/bin/env bash\n${text}\n`)
    await chmod(join(bin, name), 0o755)
  }
  const base = {
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    HOME: folder,
    FAKE_STATE: state,
    JOB_NAME: 'team/app',
    BUILD_NUMBER: '7',
    CALL_ID: 'c0ffee',
    CALL_FOLDER: call,
    CALL_RESULT: join(call, 'result'),
  }
  return {
    folder: call,
    phase: (name, values) =>
      run(['bash', join(call, 'step.sh')], {
        cwd: workspace,
        env: { ...base, ...environmentOf(definition, values), CALL_PHASE: name },
        timeoutMs: 60_000,
      }),
    sings: () => existsSync(sung),
  }
}
