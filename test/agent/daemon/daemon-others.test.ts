import { describe, expect, test } from 'vitest'
import { LendingStage, type StageOptions } from '../../support/lending-stage.ts'

const minute = 60_000

async function started(options: StageOptions = {}): Promise<LendingStage> {
  const stage = new LendingStage(options)
  await stage.start()
  return stage
}

/** A stage on which a build runs in the first slot. */
async function building(options: StageOptions = {}): Promise<LendingStage> {
  const stage = await started(options)
  stage.enqueue('2CPU2G')
  await stage.pass(minute)
  return stage
}

describe('a name that somebody else uses', () => {
  test('is left alone and told about, and another slot serves', async () => {
    const stage = new LendingStage()
    const tag = '[footman id=other machine=ann cpus=8 memory=16384M slots=4 features=linux]'
    stage.jenkins.addNode('ann-1', { description: tag, labels: ['theirs'] })
    await stage.start()
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    expect(stage.jenkins.store.get('ann-1')).toMatchObject({ description: tag, labels: ['theirs'] })
    expect(stage.container.slot).toBe('ann-2')
    const told = stage.said.filter((line) => line.startsWith('warning: ann-1: a node of this name exists'))
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('machine.name')
    expect(stage.status.slots[0]).toMatchObject({ slot: 'ann-1', state: 'held' })
  })
})

describe('a refusal of the controller', () => {
  test('to register our node is told with its cure, tried again seldom, and healed without a restart', async () => {
    const stage = new LendingStage()
    stage.jenkins.denied.add('Create')
    await stage.start()
    await stage.pass(30 * minute)
    const tries = stage.jenkins.calls.filter((call) => call === 'createNode ann-1').length
    expect(tries).toBeGreaterThan(2)
    expect(tries).toBeLessThan(12)
    expect(stage.said[0]).toContain('could not register its node: ann is missing the Agent/Create permission')
    stage.jenkins.denied.clear()
    await stage.pass(11 * minute)
    expect(stage.node(1)).toMatchObject({ labels: [] })
  })

  test('to end anything is told once for each try, not at every look', async () => {
    const stage = await building({ settings: { container: { keepIdle: '10s' } } })
    stage.jenkins.denied.add('Disconnect')
    stage.jenkins.setBuilds('ann-1', [])
    await stage.pass(10 * minute)
    const tries = stage.jenkins.calls.filter((call) => call === 'markOffline ann-1').length
    expect(tries).toBeLessThan(20)
    stage.jenkins.denied.clear()
    await stage.pass(2 * minute)
    expect(stage.containers).toEqual([])
  })

  test('to delete a node that somebody deleted under its running container: the node comes back', async () => {
    const stage = await building()
    const { id } = stage.container
    stage.jenkins.store.delete('ann-1')
    await stage.pass(10_000)
    expect(stage.node(1).labels).toContain('2CPU2G')
    expect(stage.container.id).toBe(id)
  })
})

describe('an offline mark', () => {
  test('of a person is respected: nothing starts there, and it stays', async () => {
    const stage = await started()
    await stage.jenkins.markOffline('ann-1', 'maintenance')
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    expect(stage.container.slot).toBe('ann-2')
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: true, offlineReason: 'maintenance' })
    expect(stage.said).toContain('warning: ann-1: marked offline in Jenkins (maintenance); left alone')
  })

  test('of a person who begins with our name is a person all the same', async () => {
    const stage = await started()
    await stage.jenkins.markOffline('ann-1', 'footman broke it, leave it alone')
    stage.enqueue('2CPU2G')
    await stage.pass(minute)
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: true })
  })

  test('of a node monitor lets the build end, then the container, and is cleared with the labels', async () => {
    const stage = await building()
    const { id } = stage.container
    await stage.jenkins.markOffline('ann-1', 'Disk space is below threshold')
    const offlineCauseKind = 'hudson.node_monitors.DiskSpaceMonitorDescriptor$DiskSpace'
    stage.jenkins.store.set('ann-1', { ...stage.node(1), offlineCauseKind })
    await stage.pass(minute)
    expect(stage.container.id).toBe(id)
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: true })
    stage.jenkins.setBuilds('ann-1', [])
    await stage.pass(minute)
    expect(stage.containers).toEqual([])
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: false, labels: [] })
    expect(stage.said.filter((line) => line.includes('Disk space is below threshold'))).toHaveLength(2)
  })
})
