import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { controllerIdOf } from '../../../agent/identity.ts'
import { acquireLock } from '../../../core/lock.ts'
import { footmanPaths } from '../../../core/paths.ts'
import { commandBench } from '../../support/agent-commands.ts'

const url = 'http://jenkins.test/'

/** The command line of a machine whose engine is nowhere. */
async function bench(settings: NodeJS.ProcessEnv = {}) {
  return await commandBench({ TOKEN: 'some-token', DOCKER_HOST: 'unix:///nowhere/docker.sock', ...settings })
}

test('one machine lends to a controller once: a second start exits 4, and says who lends', async () => {
  const { env, run } = await bench()
  const folder = join(footmanPaths({ env }).state, 'agent', controllerIdOf(url))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const lock = await acquireLock(join(folder, 'lock'), { purpose: `lending to ${url}` })
  onTestFinished(() => lock.release())
  const { exitCode, stderr } = await run('agent', 'run')
  expect(exitCode).toBe(4)
  expect(stderr).toContain(`lending to ${url}`)
  expect(stderr).toContain(String(process.pid))
})

test('a machine may lend to another controller at the same time', async () => {
  const { env, run } = await bench({ FOOTMAN_CONTROLLER_URL: 'http://other.test/' })
  const folder = join(footmanPaths({ env }).state, 'agent', controllerIdOf(url))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const lock = await acquireLock(join(folder, 'lock'), { purpose: `lending to ${url}` })
  onTestFinished(() => lock.release())
  expect((await run('agent', 'run')).exitCode).not.toBe(4)
})

test('without an engine it exits 3 and says where it looked; the lock is free again', async () => {
  const { run } = await bench()
  for (let time = 0; time < 2; time++) {
    const { exitCode, stderr } = await run('agent', 'run')
    expect(exitCode).toBe(3)
    expect(stderr).toContain('/nowhere/docker.sock')
  }
})

test('a configuration that makes no sense exits 2 before anything is touched', async () => {
  const { dir, run } = await bench()
  const path = join(dir, 'agent.yaml')
  await writeFile(path, 'machine:\n  cpuz: 4\n')
  const { exitCode, stderr } = await run('agent', 'run', '--config', path)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(`${path}:2`)
  expect(stderr).toContain('cpus')
})
