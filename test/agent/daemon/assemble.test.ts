import { expect, test } from 'vitest'
import { type AgentConfigInput, agentConfigSchema } from '../../../agent/config/schema.ts'
import { assemble } from '../../../agent/daemon/assemble.ts'
import { parseNodeDescription } from '../../../agent/fleet/node-tag.ts'
import { webSocketTransport } from '../../../agent/transports/inbound/websocket.ts'
import { fakeDocker } from '../../support/docker-fake.ts'
import { FakeJenkins } from '../../support/fake-jenkins.ts'
import { stageConfig } from '../../support/lending-stage.ts'

const gib = 2 ** 30
const budget = { cpus: 8, memoryBytes: 16 * gib }

function planOf(settings: Partial<AgentConfigInput> = {}) {
  return assemble({
    config: agentConfigSchema.parse({ ...stageConfig, ...settings }),
    jenkins: new FakeJenkins(),
    engine: fakeDocker({ info: { arch: 'arm64' } }),
    transport: webSocketTransport,
    machineName: 'ann',
    machineId: 'a1b2c3',
    budget,
    stateDir: '/state',
    cacheDir: '/cache',
  })
}

test('truths about the machine are truths about its containers, each once', async () => {
  const machine = { ...stageConfig.machine, features: ['gpu', 'linux'] }
  const templates = [{ name: 'browser', features: ['chrome', 'gpu'] }]
  const { templates: made } = await planOf({ machine, templates })
  expect(made).toMatchObject([
    { name: 'browser', features: ['linux', 'arm64', 'ann', 'gpu', 'chrome'], max: budget },
  ])
})

test('a template may be smaller than the budget', async () => {
  const { templates } = await planOf({ templates: [{ name: 'small', max: '2CPU2G' }] })
  expect(templates[0]?.max).toEqual({ cpus: 2, memoryBytes: 2 * gib })
})

test('images are those of the templates, else the one with the Java that the controller needs', async () => {
  const { images } = await planOf({ templates: [{ name: 'own', image: 'own:1' }, { name: 'usual' }] })
  expect(images()).toEqual({ own: 'own:1', usual: 'jenkins/inbound-agent:jdk17' })
  expect(images('2.560')).toEqual({ own: 'own:1', usual: 'jenkins/inbound-agent:jdk21' })
})

test('every node tells people and other laptops whose it is', async () => {
  const { describe, identity } = await planOf()
  expect(describe('ann-1')).toMatch(/^Lent by ann/)
  expect(parseNodeDescription(describe('ann-1'))).toMatchObject({ id: 'a1b2c3', budget, slots: 4 })
  expect(identity).toMatchObject({ machineName: 'ann', machineId: 'a1b2c3' })
})
