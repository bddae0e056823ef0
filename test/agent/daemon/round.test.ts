import { describe, expect, test } from 'vitest'
import { LendingStage } from '../../support/lending-stage.ts'

const minute = 60_000

async function started(options: ConstructorParameters<typeof LendingStage>[0] = {}): Promise<LendingStage> {
  const stage = new LendingStage(options)
  await stage.start()
  return stage
}

/** The decision's view of the world at the latest full look. */
function world(stage: LendingStage) {
  const { last } = stage.daemon.state
  if (!last?.world) throw new Error('nothing was decided')
  return last.world
}

test('a turn among laptops is as long as an idle laptop takes to notice what another one has begun', async () => {
  const stage = await started()
  expect(world(stage).timing).toEqual({ startWithinMs: 90_000, keepIdleMs: 60_000, turnMs: 11_500 })
})

test('why the door closes is told the others in words that are true for them', async () => {
  const stage = await started()
  stage.gate = { openness: 'finishing', because: 'you paused it until 14:30' }
  await stage.pass(20_000)
  expect(world(stage)).toMatchObject({ openness: 'finishing', because: 'its owner paused it until 14:30' })
})

test('what failed is taken up again when it has rested, not before, and not only when somebody calls', async () => {
  const stage = new LendingStage()
  stage.jenkins.denied.add('Create')
  await stage.start()
  const tries = () => stage.jenkins.calls.filter((call) => call === 'createNode ann-1').length
  await stage.clock.advance(9_000)
  expect(tries()).toBe(1)
  await stage.clock.advance(2_000)
  expect(tries()).toBe(2)
  await stage.clock.advance(18_000)
  expect(tries()).toBe(2)
  await stage.clock.advance(3_000)
  expect(tries()).toBe(3)
})

test('an ending does not wait for the rest of a failed start', async () => {
  const stage = await started()
  stage.agentsConnect = false
  stage.enqueue('2CPU2G')
  await stage.pass(20_000)
  stage.docker.exit(stage.container.id, 1)
  await stage.pass(5_000)
  expect(stage.status.slots).toMatchObject([{ note: 'failed once' }])
  stage.jenkins.items = []
  stage.daemon.leave(30 * minute)
  await stage.clock.advance(5_000)
  expect(stage.jenkins.store.size).toBe(0)
})

describe('what waits for other machines', () => {
  test('is told of every look, be it a glance or more', async () => {
    const stage = await started()
    stage.enqueue('windows')
    await stage.pass(20_000)
    expect(stage.status.waiting).toMatchObject([{ title: 'app1' }])
    stage.enqueue('2CPU2G')
    await stage.pass(20_000)
    expect(stage.status.waiting).toMatchObject([{ title: 'app1' }])
    stage.jenkins.items = []
    await stage.pass(20_000)
    expect(stage.status.waiting).toEqual([])
  })

  test('is told with what this machine lacks room for', async () => {
    const stage = await started()
    stage.enqueue('6CPU4G')
    await stage.pass(20_000)
    stage.enqueue('4CPU4G')
    await stage.pass(20_000)
    expect(stage.status.waiting).toEqual([
      { title: 'app2', reason: expect.stringMatching(/needs 4 CPUs.*2 CPUs.*left/) },
    ])
  })
})

test('Pipelines of one label, of which Jenkins names only our node, are served side by side', async () => {
  const stage = await started()
  for (let number = 0; number < 3; number++) stage.enqueue('2CPU2G', 'pipeline')
  await stage.pass(minute)
  expect(stage.jenkins.items).toEqual([])
  expect(stage.containers.map(({ slot }) => slot).sort()).toEqual(['ann-1', 'ann-2', 'ann-3'])
  expect(new Set(stage.containers.map(({ nanoCpus }) => nanoCpus))).toEqual(new Set([2e9]))
})

test('an image follows the controller when that is upgraded to one that needs a newer Java', async () => {
  const stage = await started()
  stage.docker.addImage('jenkins/inbound-agent:jdk21')
  stage.jenkins.version = '2.560'
  stage.enqueue('2CPU2G')
  await stage.pass(minute)
  expect(stage.container.image).toBe('jenkins/inbound-agent:jdk21')
})
