import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { agentConfigSchema } from '../../../agent/config/schema.ts'
import { decideOpenness, type OpennessMemory, settleMs } from '../../../agent/policy/decide.ts'
import { parseHours } from '../../../agent/policy/hours.ts'
import type { Circumstances, Policy } from '../../../agent/policy/objections.ts'
import { known, type Readings, unknown } from '../../../agent/policy/sensor.ts'

const minute = 60_000
const noon = new Date(2026, 0, 5, 12).getTime()

const content: Readings = {
  power: known({ onBattery: false }),
  idleForMs: known(Number.POSITIVE_INFINITY),
  foreignLoad: known(0),
  freeDiskBytes: known(100 * 2 ** 30),
  metered: known(false),
}

function policyOf(over: Record<string, unknown> = {}): Policy {
  return agentConfigSchema.parse({
    controller: { url: 'http://jenkins.test/', user: 'ann', token: 'env:TOKEN' },
    policy: over,
  }).policy
}

function circumstances(over: Partial<Omit<Circumstances, 'readings'>> & { readings?: Partial<Readings> }) {
  const { readings, ...rest } = over
  const all = { ...content, ...readings }
  return {
    policy: policyOf(),
    hours: [],
    wish: { mode: 'run' as const },
    nowMs: noon,
    ...rest,
    readings: all,
  }
}

function decide(over: Parameters<typeof circumstances>[0], memory: OpennessMemory = {}) {
  return decideOpenness({ ...circumstances(over), memory })
}

const onBattery = { power: known({ onBattery: true, percent: 63 }) }

test('a content machine is open', () => {
  expect(decide({})).toMatchObject({ openness: 'open', doubts: [], memory: {} })
})

describe('the ladder', () => {
  test('lets builds end for finishWithin, then stops them', () => {
    let memory = decide({ readings: onBattery }).memory
    expect(decide({ readings: onBattery })).toMatchObject({
      openness: 'finishing',
      because: 'this machine runs on its battery (63 %)',
    })
    const at = (minutes: number) => {
      const answer = decide({ readings: onBattery, nowMs: noon + minutes * minute }, memory)
      memory = answer.memory
      return answer.openness
    }
    expect(at(1)).toBe('finishing')
    expect(at(29)).toBe('finishing')
    expect(at(30)).toBe('closed')
  })

  test('counts a pause from when it was asked for, whatever the daemon remembers', () => {
    const wish = { mode: 'paused' as const, sinceMs: noon - 31 * minute }
    expect(decide({ wish })).toMatchObject({ openness: 'closed', because: 'you paused it' })
  })

  test('has no last rung for load and disk: they only keep new builds away', () => {
    const readings = { foreignLoad: known(0.9), freeDiskBytes: known(2 ** 30) }
    const policy = policyOf({ maxLoad: 0.7 })
    let memory: OpennessMemory = {}
    for (let minutes = 0; minutes <= 120; minutes++) {
      const answer = decide({ policy, readings, nowMs: noon + minutes * minute }, memory)
      expect(answer.openness).toBe('finishing')
      memory = answer.memory
    }
  })

  test('begins anew for a new reason once the old one has been gone for a while', () => {
    let { memory } = decide({ readings: onBattery })
    const policy = policyOf({ maxLoad: 0.7 })
    const busy = { foreignLoad: known(0.9) }
    memory = decide({ policy, readings: busy, nowMs: noon + 2 * minute }, memory).memory
    const again = decide({ policy, readings: { ...busy, ...onBattery }, nowMs: noon + 40 * minute }, memory)
    expect(again.openness).toBe('finishing')
  })

  test('stops at once where the owner says so', () => {
    expect(decide({ policy: policyOf({ onBattery: 'stop' }), readings: onBattery }).openness).toBe('closed')
  })
})

describe('every policy', () => {
  test.each<[string, Record<string, unknown>, Partial<Readings>, string]>([
    ['battery', {}, onBattery, 'battery (63 %)'],
    ['metered network', {}, { metered: known(true) }, 'metered'],
    ['user', { userActive: 'finish' }, { idleForMs: known(12_000) }, 'somebody used this machine 12s ago'],
    ['load', { maxLoad: 0.7 }, { foreignLoad: known(0.914) }, 'load 0.91 per CPU'],
    [
      'disk',
      {},
      { freeDiskBytes: known(4 * 2 ** 30) },
      '4 GiB of disk are free (policy.minFreeDisk is 10 GiB)',
    ],
  ])('keeps builds away and says why: %s', (_name, over, readings, words) => {
    const answer = decide({ policy: policyOf(over), readings })
    expect(answer.openness).toBe('finishing')
    expect(answer.because).toContain(words)
  })

  test('is left alone where the owner does not care', () => {
    const policy = policyOf({
      onBattery: 'ignore',
      onMetered: 'ignore',
      userActive: 'ignore',
      minFreeDisk: '0',
    })
    const readings = {
      ...onBattery,
      metered: known(true),
      idleForMs: known(0),
      foreignLoad: known(9),
      freeDiskBytes: known(1),
    }
    expect(decide({ policy, readings }).openness).toBe('open')
  })

  test('that cannot be kept here is reported, and does not keep the machine closed', () => {
    const answer = decide({ readings: { metered: unknown('NetworkManager does not run here') } })
    expect(answer.openness).toBe('open')
    expect(answer.doubts).toEqual(['policy.onMetered cannot be kept: NetworkManager does not run here'])
  })

  test('somebody who was last here longer ago than userIdleAfter is away', () => {
    const policy = policyOf({ userActive: 'finish', userIdleAfter: '5m' })
    expect(decide({ policy, readings: { idleForMs: known(5 * minute) } }).openness).toBe('open')
  })
})

describe('hours and pauses', () => {
  test('outside its hours a machine tells when they begin', () => {
    const hours = [parseHours('18:00-08:00')]
    expect(decide({ hours })).toMatchObject({
      openness: 'finishing',
      because: 'its hours begin at 18:00',
      untilMs: new Date(2026, 0, 5, 18).getTime(),
    })
  })

  test('within its hours a machine tells when they end, and opens without a minute of waiting', () => {
    const hours = [parseHours('10:00-13:00')]
    const before = decide({ hours, nowMs: noon - 2 * 60 * minute - 1 })
    expect(before.openness).toBe('finishing')
    expect(decide({ hours, nowMs: noon - 2 * 60 * minute }, before.memory)).toMatchObject({
      openness: 'open',
      untilMs: new Date(2026, 0, 5, 13).getTime(),
    })
  })

  test('a pause ends by itself at its time', () => {
    const wish = { mode: 'paused' as const, sinceMs: noon, untilMs: noon + 30 * minute }
    expect(decide({ wish })).toMatchObject({ because: 'you paused it until 12:30', untilMs: wish.untilMs })
    expect(decide({ wish, nowMs: wish.untilMs }).openness).toBe('open')
  })

  test('several reasons are all told', () => {
    const answer = decide({ wish: { mode: 'draining', sinceMs: noon }, readings: onBattery })
    expect(answer.because).toBe('you drained it, and this machine runs on its battery (63 %)')
  })
})

describe('a loose plug', () => {
  test('does not flap the node: sensors have to be content for a minute', () => {
    const { memory } = decide({ readings: onBattery })
    const soon = decide({ nowMs: noon + settleMs - 1 }, memory)
    expect(soon).toMatchObject({ openness: 'finishing', untilMs: noon + settleMs })
    expect(soon.because).toContain('battery')
    expect(decide({ nowMs: noon + settleMs }, soon.memory)).toMatchObject({ openness: 'open', memory: {} })
  })

  test('does not reset the ladder', () => {
    let memory: OpennessMemory = {}
    let openness = ''
    for (let at = noon; at <= noon + 31 * minute; at += 20_000) {
      const readings = (at / 20_000) % 2 === 0 ? onBattery : {}
      const answer = decide({ readings, nowMs: at }, memory)
      expect(answer.openness).not.toBe('open')
      openness = readings === onBattery ? answer.openness : openness
      memory = answer.memory
    }
    expect(openness).toBe('closed')
  })

  test('a clock that was set back does not lock the door', () => {
    const { memory } = decide({ readings: onBattery, nowMs: noon + 24 * 60 * minute })
    const first = decide({}, memory)
    expect(first.openness).toBe('finishing')
    expect(decide({ nowMs: noon + settleMs }, first.memory).openness).toBe('open')
  })
})

test('whatever happened before, a machine is never open against an objection, and opens within two minutes of content', () => {
  const step = fc.record({
    battery: fc.boolean(),
    load: fc.boolean(),
    paused: fc.boolean(),
    afterMs: fc.integer({ min: -minute, max: 20 * minute }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (history) => {
      const policy = policyOf({ maxLoad: 0.5 })
      let memory: OpennessMemory = {}
      let nowMs = noon
      for (const { battery, load, paused, afterMs } of history) {
        nowMs += afterMs
        const wish = paused ? { mode: 'paused' as const, sinceMs: nowMs } : { mode: 'run' as const }
        const readings = { power: known({ onBattery: battery }), foreignLoad: known(load ? 1 : 0) }
        const answer = decide({ policy, wish, readings, nowMs }, memory)
        if (battery || load || paused) expect(answer.openness).not.toBe('open')
        memory = answer.memory
      }
      memory = decide({ policy, nowMs: nowMs + minute }, memory).memory
      expect(decide({ policy, nowMs: nowMs + 2 * minute }, memory).openness).toBe('open')
    }),
  )
})
