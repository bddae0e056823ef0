import { expect, test } from 'vitest'
import type { JsonObject } from '../../../core/container-host.ts'
import { passGate } from '../../../jenkins/health/gate.ts'
import type { Expectation, HealthProbe, Sight } from '../../../jenkins/health/health.ts'
import type { PracticeControllerSpec } from '../../../jenkins/practice/controller-image/image.ts'
import { usePracticeControllers } from '../../support/practice-controllers.ts'

const controllers = usePracticeControllers()
const settings = { deadlineMs: 20_000, looks: 2, intervalMs: 300, soakMs: 1500 }

async function start(spec: PracticeControllerSpec, HostConfig: JsonObject = {}) {
  const image = await controllers.image({ version: '2.516.1', ...spec })
  const { home, ...account } = await controllers.home({ files: 60, jobs: 2 })
  return controllers.probe(await controllers.start(image, home, { HostConfig }), account)
}

const asBefore: Expectation = {
  ...{ version: '2.516.1', activePlugins: ['credentials', 'git', 'workflow-cps'], mayMiss: [] },
  ...{ minJobs: 2, mayBeQuiet: false },
}

async function pass(probe: HealthProbe, expectation = asBefore) {
  const sights = new Set<Sight['state']>()
  const verdict = await passGate(probe, expectation, { settings, onSight: ({ state }) => sights.add(state) })
  return { verdict, sights }
}

test('a controller that takes its time to boot passes, and has been seen loading', async () => {
  const { verdict, sights } = await pass(await start({ variant: 'slow-boot', seconds: 3 }))
  expect(verdict).toMatchObject({ healthy: true, signs: { version: '2.516.1', jobs: 2 } })
  expect(sights).toContain('loading')
})

test('one that dies during the soak does not pass', async () => {
  const { verdict } = await pass(await start({ variant: 'dies-later', seconds: 2 }), asBefore)
  expect(verdict).toMatchObject({ healthy: false, reason: expect.stringContaining('exit code 1') })
})

test('one with a plugin less does not pass, and is told apart by its name', async () => {
  const probe = await start({ variant: 'plugin-missing' })
  expect((await pass(probe)).verdict).toMatchObject({
    healthy: false,
    reason: 'plugins that worked before were not loaded: credentials',
  })
  expect((await pass(probe, { ...asBefore, mayMiss: ['credentials'] })).verdict.healthy).toBe(true)
})

test('one that the engine starts again and again does not pass', async () => {
  const probe = await start({ variant: 'crash-loop' }, { RestartPolicy: { Name: 'always' } })
  expect((await pass(probe)).verdict).toMatchObject({
    healthy: false,
    reason: expect.stringMatching(/exit code 5|started again/),
  })
})

test('one that needs more memory than it may have does not pass, and says so', async () => {
  const probe = await start({}, { Memory: 24 * 2 ** 20, MemorySwap: 24 * 2 ** 20 })
  expect((await pass(probe)).verdict).toMatchObject({
    healthy: false,
    reason: expect.stringContaining('more memory than it may have'),
  })
})

test('one whose home is another’s does not let the account in, and does not pass', async () => {
  const image = await controllers.image({ version: '2.516.1' })
  const { home } = await controllers.home({ files: 60, jobs: 2 })
  const { user, token } = await controllers.home({ files: 40, jobs: 1 })
  const probe = controllers.probe(await controllers.start(image, home), { user, token })
  const { verdict } = await pass(probe)
  expect(verdict).toMatchObject({
    ...{ healthy: false, last: { state: 'closed', version: '2.516.1' } },
    reason: expect.stringContaining('does not accept the token of user admin'),
  })
})
