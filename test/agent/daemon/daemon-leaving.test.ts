import { describe, expect, test } from 'vitest'
import { RemoteError } from '../../../core/errors.ts'
import { LendingStage } from '../../support/lending-stage.ts'

const minute = 60_000
const finishWithin = 10 * minute

async function building(): Promise<LendingStage> {
  const stage = new LendingStage()
  await stage.start()
  stage.enqueue('2CPU2G')
  await stage.pass(minute)
  return stage
}

/** Ends the build in the first slot. */
function endBuild(stage: LendingStage): void {
  stage.jenkins.setBuilds('ann-1', [])
}

/** Whether the daemon has ended by itself. */
async function hasEnded(stage: LendingStage): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, 20, false))
  return await Promise.race([stage.ended?.then(() => true) ?? false, late])
}

function nodes(stage: LendingStage): string[] {
  return [...stage.jenkins.store.keys()]
}

describe('a daemon that leaves', () => {
  test('at once when nothing runs, with nothing left behind', async () => {
    const stage = new LendingStage()
    await stage.start()
    await stage.pass(minute)
    stage.daemon.leave(finishWithin)
    await stage.clock.advance(3_000)
    expect(await hasEnded(stage)).toBe(true)
    expect(nodes(stage)).toEqual([])
  })

  test('waits for a running build, starts no other, and leaves neither node nor container', async () => {
    const stage = await building()
    stage.daemon.leave(finishWithin)
    stage.enqueue('2CPU2G')
    await stage.pass(8 * minute)
    expect(stage.node(1).builds).toHaveLength(1)
    expect(await hasEnded(stage)).toBe(false)
    endBuild(stage)
    await stage.clock.advance(10_000)
    expect(await hasEnded(stage)).toBe(true)
    expect([nodes(stage), stage.containers]).toEqual([[], []])
  })

  test('ends a build that does not end in time', async () => {
    const stage = await building()
    stage.daemon.leave(finishWithin)
    await stage.clock.advance(finishWithin + 10_000)
    expect(await hasEnded(stage)).toBe(true)
    expect([nodes(stage), stage.containers]).toEqual([[], []])
  })

  test('in haste, in the middle of a look, with nothing left behind', async () => {
    const stage = new LendingStage()
    await stage.start()
    await stage.pass(minute)
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { queue } = stage.jenkins
    stage.jenkins.queue = async (signal) => {
      await held
      return await queue.call(stage.jenkins, signal)
    }
    const passing = stage.clock.advance(20_000)
    await expect.poll(() => stage.clock.nextMs).toBeUndefined()
    stage.daemon.leave(0)
    release()
    await passing
    expect(await hasEnded(stage)).toBe(true)
    expect(nodes(stage)).toEqual([])
  })

  test('hurries when it is asked a second time', async () => {
    const stage = await building()
    stage.daemon.leave(finishWithin)
    await stage.pass(minute)
    stage.daemon.leave(0)
    await stage.clock.advance(10_000)
    expect(await hasEnded(stage)).toBe(true)
    expect([nodes(stage), stage.containers]).toEqual([[], []])
  })

  test('also from a pause', async () => {
    const stage = new LendingStage()
    stage.gate = { openness: 'finishing', because: 'you paused it' }
    stage.jenkins.addNode('ann-1', {
      description: '[footman id=a1b2c3 machine=ann cpus=8 memory=16384M slots=4 features=linux]',
    })
    await stage.start()
    await stage.pass(minute)
    stage.daemon.leave(finishWithin)
    await stage.clock.advance(10_000)
    expect(await hasEnded(stage)).toBe(true)
    expect(nodes(stage)).toEqual([])
  })

  test('does not wait for a node that somebody marked offline, and leaves it alone', async () => {
    const stage = new LendingStage()
    await stage.start()
    await stage.jenkins.markOffline('ann-1', 'maintenance')
    await stage.pass(minute)
    stage.daemon.leave(finishWithin)
    await stage.clock.advance(10_000)
    expect(await hasEnded(stage)).toBe(true)
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: true, offlineReason: 'maintenance' })
  })

  test('gives a controller that is away some seconds, and says what stays there', async () => {
    const stage = new LendingStage()
    await stage.start()
    await stage.pass(minute)
    stage.jenkins.goAway()
    stage.daemon.leave(finishWithin)
    await stage.clock.advance(10_000)
    expect(await hasEnded(stage)).toBe(false)
    await stage.clock.advance(minute)
    expect(await hasEnded(stage)).toBe(true)
    expect(stage.said).toContain('warning: left on the controller: ann-1; the next start sees to that')
  })

  test('while the controller is away lets builds end until their time is up, then removes them', async () => {
    const stage = await building()
    stage.jenkins.goAway()
    stage.daemon.leave(finishWithin)
    await stage.clock.advance(finishWithin - minute)
    expect(await hasEnded(stage)).toBe(false)
    expect(stage.container.status).toBe('running')
    await stage.clock.advance(2 * minute)
    expect(await hasEnded(stage)).toBe(true)
    expect(stage.containers).toEqual([])
  })

  test('takes its nodes off a controller that comes back meanwhile', async () => {
    const stage = new LendingStage()
    await stage.start()
    await stage.pass(minute)
    stage.jenkins.goAway()
    stage.daemon.leave(finishWithin)
    await stage.clock.advance(8_000)
    stage.jenkins.heal()
    await stage.clock.advance(10_000)
    expect(await hasEnded(stage)).toBe(true)
    expect(nodes(stage)).toEqual([])
  })

  test('is not held up by a right that is missing', async () => {
    const stage = new LendingStage()
    await stage.start()
    await stage.pass(minute)
    stage.jenkins.denied.add('Delete')
    stage.daemon.leave(finishWithin)
    await stage.clock.advance(minute)
    expect(await hasEnded(stage)).toBe(true)
    expect(stage.said.join('\n')).toContain('could not take its node off the controller: ann is missing')
    expect(stage.said).toContain('warning: left on the controller: ann-1; the next start sees to that')
  })

  test('is not held up by an engine that is away, longer than builds may take', async () => {
    const stage = await building()
    stage.docker.setAway(true)
    stage.daemon.leave(5 * minute)
    await stage.clock.advance(6 * minute)
    expect(await hasEnded(stage)).toBe(true)
  })

  test('is not held up by a container that cannot be removed', async () => {
    const stage = await building()
    stage.docker.failNext('remove', new RemoteError('broken', 'the engine refuses'), 1_000)
    stage.daemon.leave(0)
    await stage.clock.advance(minute)
    expect(await hasEnded(stage)).toBe(true)
    expect(stage.said.filter((line) => line.includes('could not remove its container')).length).toBeLessThan(
      6,
    )
  })

  test('keeps the node of a build that waits for it, when its container is gone and time is up', async () => {
    const stage = await building()
    const { builds } = stage.node(1)
    stage.daemon.leave(0)
    stage.docker.onEnd(() => stage.jenkins.setBuilds('ann-1', builds))
    await stage.clock.advance(minute)
    expect(await hasEnded(stage)).toBe(true)
    expect(stage.containers).toEqual([])
    expect(stage.node(1).builds).toEqual(builds)
  })
})

describe('a daemon that is killed', () => {
  test('has a successor that knows its containers and goes on with them', async () => {
    const stage = await building()
    const { id } = stage.container
    await stage.kill()
    expect([stage.container.id, nodes(stage)]).toEqual([id, ['ann-1']])
    await stage.start()
    await stage.pass(minute)
    expect(stage.container).toMatchObject({ id, status: 'running' })
    expect(stage.status.slots).toMatchObject([{ slot: 'ann-1', state: 'busy' }])
    endBuild(stage)
    await stage.pass(5 * minute)
    expect(stage.containers).toEqual([])
    expect(stage.node(1)).toMatchObject({ labels: [] })
  })

  test('while it leaves has a successor that lends again', async () => {
    const stage = await building()
    stage.daemon.leave(finishWithin)
    await stage.pass(10_000)
    expect(stage.node(1).temporarilyOffline).toBe(true)
    await stage.kill()
    await stage.start()
    await stage.pass(10_000)
    expect(stage.node(1)).toMatchObject({ temporarilyOffline: false, idle: false })
  })
})
