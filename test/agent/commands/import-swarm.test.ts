import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { agentCommands } from '../../../agent/commands/registry.ts'
import { agentConfigSchema } from '../../../agent/config/schema.ts'
import { exitCodes } from '../../../core/errors.ts'
import { programOf, runCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const footman = { ...programOf({}), commands: agentCommands }
const words = [
  '-url',
  'https://jenkins.example/',
  '-username',
  'ann',
  '-password',
  'hunter22',
  '-labels',
  'linux docker',
]

async function home() {
  const dir = await tempDir()
  const file = join(dir, 'footman', 'agent.yaml')
  const run = (...argv: string[]) =>
    runCli(footman, ['agent', 'import-swarm', ...argv], { env: { HOME: dir, XDG_CONFIG_HOME: dir } })
  return { dir, file, run }
}

it('writes an agent.yaml that footman takes, for its owner alone, and says what is left to do', async () => {
  const { dir, file, run } = await home()
  const { exitCode, stdout, stderr } = await run('--', ...words)
  expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.ok, stdout: '' })
  const text = await readFile(file, 'utf8')
  expect(agentConfigSchema.parse(parse(text))).toMatchObject({
    controller: { url: 'https://jenkins.example/', user: 'ann', token: `file:${dir}/footman/token` },
    machine: { features: ['linux', 'docker'] },
    transport: 'swarm',
  })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(stderr).toContain('footman agent preflight')
  expect(text + stderr).not.toContain('hunter22')
})

it('replaces nothing unless it is forced to', async () => {
  const { dir, file, run } = await home()
  await mkdir(join(dir, 'footman'))
  await writeFile(file, 'mine: true\n')
  const { exitCode, stderr } = await run('--', ...words)
  expect(exitCode).toBe(exitCodes.failed)
  expect(stderr).toMatch(/agent.yaml already[\s\S]*--force/)
  expect(await readFile(file, 'utf8')).toBe('mine: true\n')
  expect((await run('--force', '--', ...words)).exitCode).toBe(exitCodes.ok)
  expect(await readFile(file, 'utf8')).toContain('transport: swarm')
})

it('only prints with --dry-run, and writes elsewhere with --config', async () => {
  const { dir, file, run } = await home()
  const { stdout } = await run('--dry-run', '--', ...words)
  expect(parse(stdout)).toMatchObject({ transport: 'swarm' })
  await expect(stat(file)).rejects.toThrow('ENOENT')
  await run('--config', join(dir, 'other.yaml'), '--', ...words)
  expect(await readFile(join(dir, 'other.yaml'), 'utf8')).toContain('transport: swarm')
})

it('refuses a line that is none of the client, as a matter of usage', async () => {
  const { run } = await home()
  const { exitCode, stderr } = await run('--', '-labls', 'linux')
  expect(exitCode).toBe(exitCodes.usage)
  expect(stderr).toContain('did you mean -labels?')
})

it('agent run takes the same line as settings, and refuses what they lack', async () => {
  const dir = await tempDir()
  const env = {
    HOME: dir,
    XDG_CONFIG_HOME: dir,
    XDG_STATE_HOME: dir,
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
  }
  const { exitCode, stderr } = await runCli(footman, ['agent', 'run', '--', ...words], { env })
  expect(stderr).toContain('nodes are called NAME-1')
  expect(stderr).toContain('unix:///nowhere/docker.sock')
  expect(stderr).not.toContain('hunter22')
  expect(exitCode).toBe(exitCodes.remote)
})
