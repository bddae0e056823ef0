import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { agentCommands } from '../../../agent/commands/registry.ts'
import { exitCodes } from '../../../core/errors.ts'
import { shippedFile } from '../../../core/package.ts'
import { programOf, runCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const footman = { ...programOf({}), commands: agentCommands }
const yaml =
  'controller:\n  url: https://jenkins.example/\n  user: ann\n  token: env:TOKEN_OF_ANN\nmachine: { cpus: 0.5 }\ntemplates:\n  - { name: a, size: 0.5CPU64M }\n'

async function home(text?: string) {
  const dir = await tempDir()
  const file = join(dir, 'footman', 'agent.yaml')
  if (text !== undefined) {
    await mkdir(join(dir, 'footman'))
    await writeFile(file, text)
  }
  return { env: { XDG_CONFIG_HOME: dir }, file }
}

it('prints the settings in force with where each comes from', async () => {
  const { env, file } = await home(yaml)
  const run = await runCli(footman, ['agent', 'config'], { env: { ...env, FOOTMAN_MACHINE_SLOTS: '2' } })
  expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: exitCodes.ok, stderr: '' })
  expect(run.stdout).toMatch(new RegExp(`controller.user +ann +file ${file}:3\n`))
  expect(run.stdout).toMatch(/machine.slots +2 +variable FOOTMAN_MACHINE_SLOTS\n/)
  expect(run.stdout).toMatch(/container.keepIdle +60s +default\n/)
})

it('prints the same as JSON', async () => {
  const { env, file } = await home(yaml)
  const { stdout } = await runCli(footman, ['agent', 'config', '--json'], { env })
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({ file, findings: [] })
  expect(result.settings).toContainEqual({ path: 'machine.cpus', value: 0.5, source: `file ${file}:5` })
})

it('takes another file by --config', async () => {
  const { env } = await home('not: read')
  const other = join(await tempDir(), 'other.yaml')
  await writeFile(other, yaml)
  const { exitCode, stdout } = await runCli(footman, ['agent', 'config', '--config', other], { env })
  expect(exitCode).toBe(exitCodes.ok)
  expect(stdout).toContain(`${other}:2`)
})

it('never shows a secret, neither one referred to nor one that was put in the wrong place', async () => {
  const { env } = await home(yaml)
  const secret = '11ff22ee33dd'
  const referred = await runCli(footman, ['agent', 'config'], { env: { ...env, TOKEN_OF_ANN: secret } })
  expect(referred.stdout).toContain('env:TOKEN_OF_ANN')
  const misplaced = await home(yaml.replace('env:TOKEN_OF_ANN', secret))
  for (const argv of [[], ['--json'], ['--verbose']]) {
    const run = await runCli(footman, ['agent', 'config', ...argv], misplaced)
    expect(run.exitCode).toBe(exitCodes.usage)
    expect(referred.stdout + referred.stderr + run.stdout + run.stderr).not.toContain(secret)
  }
})

it('says what does not go together, and exits 2', async () => {
  const { env } = await home(yaml.replace('0.5CPU64M', '512CPU64M'))
  const { exitCode, stdout, stderr } = await runCli(footman, ['agent', 'config'], { env })
  expect(exitCode).toBe(exitCodes.usage)
  expect(stdout).toContain('controller.url')
  expect(stderr).toContain('error: templates[0].size: 512 CPUs and 64 MiB is more than this machine lends')
})

it('warns of a variable that names no setting', async () => {
  const { env } = await home(yaml)
  const { exitCode, stderr } = await runCli(footman, ['agent', 'config'], {
    env: { ...env, FOOTMAN_MACHINE_CPU: '2' },
  })
  expect(exitCode).toBe(exitCodes.ok)
  expect(stderr).toBe(
    'warning: the variable FOOTMAN_MACHINE_CPU names no setting; did you mean FOOTMAN_MACHINE_CPUS?\n',
  )
})

it('tells somebody without a file how to get one', async () => {
  const { env, file } = await home()
  const { exitCode, stderr } = await runCli(footman, ['agent', 'config'], { env })
  expect(exitCode).toBe(exitCodes.usage)
  expect(stderr).toContain(`footman agent config --example > ${file}`)
})

it('prints the example, byte for byte', async () => {
  const { stdout, exitCode } = await runCli(footman, ['agent', 'config', '--example'])
  expect(exitCode).toBe(exitCodes.ok)
  expect(stdout).toBe(await readFile(shippedFile('agent/agent.example.yaml'), 'utf8'))
})
