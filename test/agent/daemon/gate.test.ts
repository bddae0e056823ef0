import { expect, test } from 'vitest'
import { agentConfigSchema } from '../../../agent/config/schema.ts'
import { createGate } from '../../../agent/daemon/gate.ts'
import type { Wish } from '../../../agent/daemon/wish.ts'
import { known, type Readings, unknown } from '../../../agent/policy/sensor.ts'
import { createLog } from '../../../core/log.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { contentReadings, stageConfig } from '../../support/lending-stage.ts'

function bench(policy: Record<string, unknown> = {}) {
  const clock = new FakeClock()
  const said: string[] = []
  const world: { readings: Readings; wish: Wish } = { readings: contentReadings, wish: { mode: 'run' } }
  const gate = createGate({
    policy: agentConfigSchema.parse({ ...stageConfig, policy }).policy,
    watch: async () => world.readings,
    wish: () => world.wish,
    clock,
    log: createLog({ sink: { write: (line) => said.push(line) } }),
  })
  return { clock, said, world, gate }
}

test('it is open when neither the owner nor the policy says otherwise', async () => {
  expect(await bench().gate()).toEqual({ openness: 'open', because: 'nothing speaks against lending' })
})

test('what the owner asks for counts at once, and for as long as it holds', async () => {
  const { clock, world, gate } = bench()
  world.wish = { mode: 'paused', sinceMs: clock.now(), untilMs: clock.now() + 60_000 }
  expect(await gate()).toMatchObject({ openness: 'finishing', untilMs: clock.now() + 60_000 })
  world.wish = { mode: 'run' }
  expect(await gate()).toMatchObject({ openness: 'open' })
})

test('a sensor that was content for a minute opens it again, not one that was for a moment', async () => {
  const { clock, world, gate } = bench()
  world.readings = { ...contentReadings, power: known({ onBattery: true }) }
  expect(await gate()).toMatchObject({ openness: 'finishing', because: 'this machine runs on its battery' })
  world.readings = contentReadings
  clock.jump(30_000)
  expect(await gate()).toMatchObject({ openness: 'finishing' })
  clock.jump(30_000)
  expect(await gate()).toMatchObject({ openness: 'open' })
})

test('a policy that cannot be kept here is told once, and keeps nothing closed', async () => {
  const { said, world, gate } = bench({ maxLoad: 0.5 })
  world.readings = { ...contentReadings, foreignLoad: unknown('Windows knows no load average') }
  expect(await gate()).toMatchObject({ openness: 'open' })
  await gate()
  expect(said).toEqual([
    expect.stringContaining('policy.maxLoad cannot be kept: Windows knows no load average'),
  ])
})
