import { expect, test } from 'vitest'
import { known, type PolicySensor, type Reading } from '../../../agent/policy/sensor.ts'
import { createPolicyWatch, type Sensors } from '../../../agent/policy/watch.ts'

function sensor<Value>(read: () => Promise<Reading<Value>>): PolicySensor<Value> {
  return { name: 'test', read }
}

function sensors(over: Partial<Sensors> = {}): Sensors {
  return {
    power: sensor(async () => known({ onBattery: false })),
    idleForMs: sensor(async () => known(0)),
    foreignLoad: sensor(async () => known(0)),
    freeDiskBytes: sensor(async () => known(1)),
    metered: sensor(async () => known(false)),
    ...over,
  }
}

test('a sensor is not asked again while its answer is fresh', async () => {
  let asked = 0
  let nowMs = 0
  const foreignLoad = sensor(async () => known(++asked))
  const look = createPolicyWatch(sensors({ foreignLoad }), { nowMs: () => nowMs })
  await look()
  nowMs = 9_999
  expect(await look()).toMatchObject({ foreignLoad: { value: 1 } })
  expect(asked).toBe(1)
})

test('a stale answer is given at once, and a new one is fetched meanwhile', async () => {
  let load = 1
  let nowMs = 0
  const foreignLoad = sensor(async () => known(load))
  const look = createPolicyWatch(sensors({ foreignLoad }), { nowMs: () => nowMs })
  await look()
  load = 2
  nowMs = 10_000
  expect(await look()).toMatchObject({ foreignLoad: { value: 1 } })
  await expect.poll(look).toMatchObject({ foreignLoad: { value: 2 } })
})

test('a sensor that hangs costs its deadline once, loses only its own answer, and is not asked again', async () => {
  let nowMs = 0
  let asked = 0
  const metered = sensor<boolean>(() => {
    asked++
    return new Promise(() => undefined)
  })
  const look = createPolicyWatch(sensors({ metered }), { deadlineMs: 20, nowMs: () => nowMs })
  const readings = await look()
  expect(readings.metered).toEqual({ known: false, why: 'reading took longer than 0.02 s' })
  expect(readings.power.known).toBe(true)
  nowMs = 10_000
  const before = performance.now()
  await look()
  expect(performance.now() - before).toBeLessThan(15)
  await new Promise((resolve) => setTimeout(resolve, 40))
  nowMs = 30_000
  await look()
  expect(asked).toBe(1)
})

test('a sensor that throws is a sensor that does not know', async () => {
  const power = sensor<{ onBattery: boolean }>(async () => {
    throw new Error('pmset: not found')
  })
  expect((await createPolicyWatch(sensors({ power }))()).power).toEqual({
    known: false,
    why: 'pmset: not found',
  })
})
