import { describe, expect, test } from 'vitest'
import { agentStatusSchema } from '../../../agent/control/protocol.ts'
import { RemoteError } from '../../../core/errors.ts'
import { LendingStage } from '../../support/lending-stage.ts'

const minute = 60_000

async function building(): Promise<LendingStage> {
  const stage = new LendingStage()
  await stage.start()
  stage.enqueue('2CPU2G')
  await stage.pass(minute)
  return stage
}

/** The status of the first slot after something happened to it and was seen. */
async function slotAfter(stage: LendingStage, ms = 5_000) {
  await stage.clock.advance(ms)
  return stage.status.slots.find(({ slot }) => slot === 'ann-1')
}

test('what is told follows the protocol to the letter', async () => {
  const { status } = await building()
  expect(agentStatusSchema.parse(status)).toEqual(status)
})

test('the budget counts what containers take, not what they use', async () => {
  const { status } = await building()
  expect(status.budget).toEqual({
    total: { cpus: 8, memoryBytes: 16 * 2 ** 30 },
    used: { cpus: 2, memoryBytes: 2 * 2 ** 30 },
  })
})

describe('a slot is', () => {
  test('registered while it has no container', async () => {
    const stage = new LendingStage()
    await stage.start()
    expect(await slotAfter(stage, 30_000)).toEqual({ slot: 'ann-1', state: 'registered' })
  })

  test('starting until its agent is there', async () => {
    const stage = new LendingStage()
    await stage.start()
    stage.agentsConnect = false
    stage.enqueue('2CPU2G')
    expect(await slotAfter(stage, 20_000)).toMatchObject({ state: 'starting', template: 'default' })
  })

  test('busy with a build, for as long as that runs', async () => {
    const stage = await building()
    await stage.clock.advance(10 * minute)
    stage.jenkins.setBuilds('ann-1', ['http://jenkins.test/job/next/2/'])
    const beganMs = stage.clock.now()
    const slot = await slotAfter(stage)
    expect(slot).toMatchObject({ state: 'busy', build: 'next #2', size: { cpus: 2 } })
    expect(slot?.sinceMs).toBeGreaterThanOrEqual(beganMs)
  })

  test('idle when it is done', async () => {
    const stage = await building()
    stage.jenkins.setBuilds('ann-1', [])
    expect(await slotAfter(stage)).toMatchObject({ state: 'idle' })
  })

  test('finishing while its build may end and no other follows', async () => {
    const stage = await building()
    stage.gate = { openness: 'finishing', because: 'you paused it' }
    expect(await slotAfter(stage)).toMatchObject({ state: 'finishing', build: 'app1 #1' })
    expect(stage.status).toMatchObject({ openness: 'finishing', because: 'you paused it' })
  })

  test('held, with the reason, when somebody marked its node', async () => {
    const stage = await building()
    await stage.jenkins.markOffline('ann-1', 'maintenance')
    expect(await slotAfter(stage)).toMatchObject({ state: 'held', note: 'maintenance' })
  })

  test('said to have failed as often as it did', async () => {
    const stage = new LendingStage()
    await stage.start()
    stage.docker.failNext('create', new RemoteError('broken', 'the engine has hiccups'))
    stage.enqueue('2CPU2G')
    expect(await slotAfter(stage, 12_000)).toMatchObject({ slot: 'ann-1', note: 'failed once' })
  })
})

describe('of those who do not answer', () => {
  test('the controller is told since when, and with what trouble', async () => {
    const stage = await building()
    stage.jenkins.goAway()
    await stage.clock.advance(10_000)
    const { sinceMs = 0 } = stage.status.controller
    await stage.clock.advance(10 * minute)
    expect(stage.status.controller).toMatchObject({
      reachable: false,
      sinceMs,
      trouble: expect.stringContaining('ECONNREFUSED'),
    })
    stage.jenkins.heal()
    await stage.clock.advance(2 * minute)
    expect(stage.status.controller).toMatchObject({ reachable: true })
    expect(stage.status.controller.sinceMs).toBeGreaterThan(sinceMs)
  })

  test('the engine is not taken for the controller', async () => {
    const stage = await building()
    stage.docker.setAway(true)
    await stage.clock.advance(10_000)
    expect(stage.status).toMatchObject({
      controller: { reachable: true },
      engineTrouble: expect.stringContaining('the container engine does not answer'),
    })
    expect(stage.said.at(-1)).toMatch(/the container engine does not answer .*; trying again$/)
    stage.docker.setAway(false)
    await stage.clock.advance(2 * minute)
    expect(stage.said).toContain('the container engine answers again')
    expect(stage.status).not.toHaveProperty('engineTrouble')
  })
})
