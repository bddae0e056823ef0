import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type AgentConfigInput, agentConfigSchema } from '../../../agent/config/schema.ts'
import { prepare } from '../../../agent/daemon/prepare.ts'
import { silentLog } from '../../../core/log.ts'
import { fakeDocker } from '../../support/docker-fake.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeJenkins } from '../../support/fake-jenkins.ts'
import { stageConfig } from '../../support/lending-stage.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function bench(settings: Partial<AgentConfigInput> = {}) {
  const folder = await tempDir()
  const jenkins = new FakeJenkins()
  const prepared = () =>
    prepare({
      config: agentConfigSchema.parse({ ...stageConfig, ...settings }),
      log: silentLog,
      engine: fakeDocker({ info: { cpus: 4, memoryBytes: 8 * 2 ** 30 } }),
      clock: new FakeClock(),
      connect: async () => jenkins,
      stateDir: folder,
      machineStateDir: folder,
      cacheDir: folder,
      signal: new AbortController().signal,
    })
  return { folder, jenkins, prepared }
}

test('a machine without a name is named by its host, and lends half of what the engine has', async () => {
  const { prepared } = await bench({ machine: {} })
  const { plan } = await prepared()
  expect(plan.machine.name).toMatch(/^[a-z0-9_-]+$/)
  expect(plan.machine.budget.cpus).toBeLessThanOrEqual(2)
  expect(plan.machine.budget.memoryBytes).toBeLessThanOrEqual(4 * 2 ** 30)
})

test('the machine keeps its id, whatever it is called', async () => {
  const { folder, prepared } = await bench()
  const { plan } = await prepared()
  expect(await readFile(join(folder, 'machine-id'), 'utf8')).toBe(`${plan.machine.id}\n`)
  expect((await prepared()).plan.machine.id).toBe(plan.machine.id)
})

test('the transport is tried out, and nothing of the trial is left', async () => {
  const { jenkins, prepared } = await bench()
  expect((await prepared()).plan.transport.name).toBe('websocket')
  expect(jenkins.calls).toContain('createNode ann-preflight')
  expect(jenkins.store.size).toBe(0)
})

test('a controller without a way for agents ends the start with the cure', async () => {
  const { jenkins, prepared } = await bench()
  jenkins.webSocket = false
  await expect(prepared()).rejects.toMatchObject({ exitCode: 3, hint: expect.any(String) })
})
