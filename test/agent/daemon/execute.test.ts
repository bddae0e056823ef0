import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { ExecuteContext } from '../../../agent/daemon/edges.ts'
import { execute } from '../../../agent/daemon/execute.ts'
import type { Action, SlotPlan } from '../../../agent/world.ts'
import { RemoteError } from '../../../core/errors.ts'
import { silentLog } from '../../../core/log.ts'
import { LendingStage } from '../../support/lending-stage.ts'

const plan: SlotPlan = {
  slot: 'ann-1',
  template: 'default',
  size: { cpus: 2, memoryBytes: 2 ** 31 },
  nodeLabels: ['linux', '2CPU2G'],
}
const open: Action = { kind: 'open', plan, because: 'app', nodeExists: true }
const openSecond: Action = { ...open, plan: { ...plan, slot: 'ann-2' }, nodeExists: false }

async function bench(settings: ConstructorParameters<typeof LendingStage>[0] = {}) {
  const stage = new LendingStage(settings)
  await stage.start()
  await stage.kill()
  const { jenkins, docker, clock } = stage
  jenkins.calls.length = 0
  const pulled: string[] = []
  const context: ExecuteContext = {
    jenkins,
    engine: docker,
    clock,
    log: silentLog,
    plan: stage.plan,
    secrets: new Map(),
    pull: (template) => pulled.push(template),
    hasConnected: () => false,
  }
  return { stage, jenkins, docker, pulled, run: (...actions: Action[]) => execute(actions, context) }
}

test('a slot is opened in an order in which nothing can be missed: labels, secret, container', async () => {
  const { jenkins, docker, stage, run } = await bench()
  expect(await run(open)).toEqual([{ action: open, error: undefined }])
  expect(jenkins.calls).toEqual(['agentJar', 'updateNode ann-1', 'inboundSecret ann-1'])
  expect(stage.node(1)).toMatchObject({ labels: ['linux', '2CPU2G'], connected: true })
  expect(docker.spec(stage.container.id)).toMatchObject({ nanoCpus: 2e9, hostname: 'ann-1' })
})

test('a slot without a node gets one that takes only builds which ask for it', async () => {
  const { jenkins, run } = await bench()
  const specs: unknown[] = []
  const { createNode } = jenkins
  jenkins.createNode = (spec, signal) => {
    specs.push(spec)
    return createNode.call(jenkins, spec, signal)
  }
  await run(openSecond)
  expect(specs).toMatchObject([
    {
      name: 'ann-2',
      labels: ['linux', '2CPU2G'],
      executors: 1,
      mode: 'exclusive',
      webSocket: true,
      description: expect.stringContaining('[footman id=a1b2c3 machine=ann'),
    },
  ])
})

test('the secret is in no label, variable or word of the container', async () => {
  const { jenkins, docker, stage, run } = await bench()
  await run(open)
  const secret = (await jenkins.inboundSecret('ann-1')).reveal()
  expect(JSON.stringify([stage.container, docker.spec(stage.container.id)])).not.toContain(secret)
})

test('what the owner forbids is refused before Jenkins hears of it', async () => {
  const { jenkins, stage, run } = await bench({ settings: { images: { allow: ['something/else'] } } })
  const [outcome] = await run(open)
  expect(outcome?.error).toMatchObject({ hint: expect.stringContaining('images.allow') })
  expect(jenkins.calls).toEqual(['agentJar'])
  expect(stage.node(1).labels).toEqual([])
})

test('a failure in one slot keeps no other from going on, and ends the rest of its own', async () => {
  const { jenkins, stage, run } = await bench()
  const error = new RemoteError('timeout', 'no answer')
  jenkins.fail('updateNode', error)
  const mark: Action = { kind: 'mark', slot: 'ann-1', because: 'idle' }
  expect(await run(open, mark, openSecond)).toEqual([
    { action: open, error },
    { action: openSecond, error: undefined },
  ])
  expect(stage.container.slot).toBe('ann-2')
  expect(jenkins.calls).not.toContain('markOffline ann-1')
})

test('marks carry our name and the reason', async () => {
  const { stage, run } = await bench()
  await run({ kind: 'mark', slot: 'ann-1', because: 'idle' })
  expect(stage.node(1)).toMatchObject({ temporarilyOffline: true, offlineReason: 'footman: idle' })
  await run({ kind: 'unmark', slot: 'ann-1' })
  expect(stage.node(1)).toMatchObject({ temporarilyOffline: false })
})

test('a parked node has neither labels nor mark, an unregistered one is gone', async () => {
  const { jenkins, stage, run } = await bench()
  await run(open)
  await run({ kind: 'mark', slot: 'ann-1', because: 'idle' })
  jenkins.store.set('ann-1', { ...stage.node(1), description: 'of a time with another budget' })
  await run({ kind: 'park', slot: 'ann-1' })
  expect(stage.node(1)).toMatchObject({ labels: [], temporarilyOffline: false })
  expect(stage.node(1).description).toBe(stage.plan.describe('ann-1'))
  await run({ kind: 'unregister', slot: 'ann-1' }, { kind: 'unregister', slot: 'ann-1' })
  expect(jenkins.store.size).toBe(0)
})

test('a node that was deleted comes back with the labels of its container', async () => {
  const { jenkins, stage, run } = await bench()
  jenkins.store.clear()
  await run({ kind: 'restore', plan, containerId: 'c1' })
  expect(stage.node(1).labels).toEqual(['linux', '2CPU2G'])
})

test('a container that is done takes its leave, one that failed has its log kept', async () => {
  const { docker, stage, run } = await bench()
  await run(open, openSecond)
  const [first, second] = stage.containers
  if (!first || !second) throw new Error('two containers were to start')
  const removal = { kind: 'remove', template: 'default', because: 'x' } as const
  docker.say(second.id, 'these were my last words')
  const before = docker.calls.length
  await run({ ...removal, slot: 'ann-1', containerId: first.id, failed: false })
  expect(docker.calls.slice(before)).toEqual(['stop', 'remove'])
  await run({ ...removal, slot: 'ann-2', containerId: second.id, failed: true })
  const kept = await readFile(`${stage.plan.stateDir}/logs/ann-2.log`, 'utf8')
  expect(kept).toContain('these were my last words')
  expect(stage.containers).toEqual([])
})

test('an image is pulled by somebody who has the time', async () => {
  const { pulled, run } = await bench()
  await run({ kind: 'pull', template: 'default' })
  expect(pulled).toEqual(['default'])
})
