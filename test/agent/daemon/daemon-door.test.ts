import { describe, expect, test } from 'vitest'
import { LendingStage } from '../../support/lending-stage.ts'

const minute = 60_000

async function building(): Promise<LendingStage> {
  const stage = new LendingStage()
  await stage.start()
  stage.enqueue('2CPU2G')
  await stage.pass(minute)
  return stage
}

describe('a door that closes', () => {
  test('marks nodes with a reason that Jenkins keeps, takes nothing more, and lets builds end', async () => {
    const stage = await building()
    stage.gate = { openness: 'finishing', because: 'this machine runs on its battery (60 %)' }
    const second = stage.enqueue('4CPU4G')
    await stage.pass(10 * minute)
    expect(stage.node(1)).toMatchObject({
      temporarilyOffline: true,
      offlineReason: 'footman: this machine runs on its battery (60 %)',
      builds: [expect.stringContaining('app1')],
    })
    expect(stage.jenkins.items.map(({ id }) => id)).toEqual([second])
    stage.jenkins.setBuilds('ann-1', [])
    await stage.pass(minute)
    expect(stage.containers).toEqual([])
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: false, labels: [] })
    expect(stage.said).toContain('taking no more builds: this machine runs on its battery (60 %)')
  })

  test('tells everybody but the owner whose wish it was', async () => {
    const stage = await building()
    stage.gate = { openness: 'finishing', because: 'you paused it until 14:30' }
    await stage.pass(10_000)
    expect(stage.node(1).offlineReason).toBe('footman: its owner paused it until 14:30')
    expect(stage.said).toContain('taking no more builds: you paused it until 14:30')
  })

  test('that opens again takes the marks off, and a running build never noticed', async () => {
    const stage = await building()
    const { id } = stage.container
    stage.gate = { openness: 'finishing', because: 'you paused it' }
    await stage.pass(minute)
    stage.gate = { openness: 'open', because: 'nothing speaks against lending' }
    await stage.pass(minute)
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: false, idle: false })
    expect(stage.container.id).toBe(id)
    expect(stage.said).toContain('lending again')
  })

  test('that was closed from the start registers its node when it opens, though no queue asks for it', async () => {
    const stage = new LendingStage()
    stage.gate = { openness: 'finishing', because: 'you paused it' }
    await stage.start()
    await stage.pass(minute)
    expect([...stage.jenkins.store.keys()]).toEqual([])
    stage.gate = { openness: 'open', because: 'nothing speaks against lending' }
    await stage.pass(minute)
    expect([...stage.jenkins.store.keys()]).toEqual(['ann-1'])
  })

  test('that is closed ends containers, builds or not, with time to take their leave', async () => {
    const stage = await building()
    stage.gate = { openness: 'closed', because: 'its hours begin at 18:00' }
    await stage.pass(10_000)
    expect(stage.containers).toEqual([])
    expect(stage.docker.calls).toContain('stop')
    expect(stage.said).toContain('ann-1: container removed: lending has ended: its hours begin at 18:00')
    expect(stage.node(1)).toMatchObject({ labels: [] })
  })

  test('that is closed ends containers even while the controller is away', async () => {
    const stage = await building()
    stage.jenkins.goAway()
    stage.gate = { openness: 'closed', because: 'this machine runs on its battery' }
    await stage.pass(minute)
    expect(stage.containers).toEqual([])
  })

  test('that is closed ends also what somebody marked offline', async () => {
    const stage = await building()
    await stage.jenkins.markOffline('ann-1', 'maintenance')
    await stage.pass(minute)
    expect(stage.containers).toHaveLength(1)
    stage.gate = { openness: 'closed', because: 'this machine runs on its battery' }
    await stage.pass(minute)
    expect(stage.containers).toEqual([])
    expect(stage.node(1).offlineReason).toBe('maintenance')
  })
})
