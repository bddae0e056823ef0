import { describe, expect, test } from 'vitest'
import {
  endingKey,
  forgiveEnding,
  recollect,
  recollectFailure,
  recollectGuess,
  restsUntil,
  slotKey,
  templateKey,
} from '../../../agent/slots/recollect.ts'
import { emptyRecollection, type Recollection } from '../../../agent/world.ts'
import { Model } from '../model.ts'

const plan = {
  slot: 'ann-1',
  template: 'default',
  size: { cpus: 2, memoryBytes: 2 ** 31 },
  nodeLabels: ['2CPU2G'],
}

function serving(): Model {
  const model = new Model()
  model.addNode('ann-1', ['2CPU2G'])
  model.addContainer(plan)
  model.connectAgents()
  return model
}

/** Rests after each of so many failures in a row, ms. */
function rests(failure: Omit<Parameters<typeof recollectFailure>[1], 'nowMs'>, key: string, times: number) {
  let recollection = emptyRecollection
  return Array.from({ length: times }, () => {
    recollection = recollectFailure(recollection, { ...failure, nowMs: 0 })
    return recollection.setbacks[key]?.notBeforeMs
  })
}

describe('since when things are as they are', () => {
  test('is counted from the first look that saw it, and forgotten when it is over', () => {
    const model = serving()
    const startMs = model.nowMs
    expect(model.world().recollection.idleSince).toEqual({ 'ann-1': startMs })
    model.nowMs += 5_000
    expect(model.world().recollection.idleSince).toEqual({ 'ann-1': startMs })
    model.change('ann-1', { idle: false, builds: ['job/app/41/'] })
    expect(model.world().recollection).toMatchObject({
      idleSince: {},
      busySince: { 'job/app/41/': model.nowMs },
    })
    model.nowMs += 5_000
    model.drop('ann-1')
    expect(model.world().recollection).toMatchObject({
      busySince: {},
      offlineSince: { 'ann-1': model.nowMs },
    })
  })

  test('a build that follows another at once begins anew', () => {
    const model = serving()
    model.change('ann-1', { idle: false, builds: ['job/app/41/'] })
    model.world()
    model.nowMs += 5_000
    model.change('ann-1', { builds: ['job/app/42/'] })
    expect(model.world().recollection.busySince).toEqual({ 'job/app/42/': model.nowMs })
  })

  test('a build that we may not see is remembered by its slot', () => {
    const model = serving()
    model.change('ann-1', { idle: false, builds: [] })
    expect(model.world().recollection.busySince).toEqual({ 'ann-1': model.nowMs })
  })

  test('a laptop announced a container is remembered while that is on its way', () => {
    const model = new Model()
    model.addNode('bob-1', ['2CPU2G'], '[footman id=b0b machine=bob cpus=8 memory=16384M features=linux]')
    expect(model.world().recollection.claimSince).toEqual({ 'bob-1': model.nowMs })
    model.change('bob-1', { connected: true })
    expect(model.world().recollection.claimSince).toEqual({})
  })

  test('a container was connected once is remembered as long as there is a container', () => {
    const model = serving()
    model.world()
    model.drop('ann-1')
    const [one] = model.containers.values()
    expect(model.world().recollection.connectedOnce).toEqual({ [one?.id ?? '']: true })
    model.containers.clear()
    expect(model.world().recollection.connectedOnce).toEqual({})
  })
})

describe('what failed rests', () => {
  test('twice as long each time, at most ten minutes', () => {
    const expected = [10, 20, 40, 80, 160, 320, 600, 600].map((seconds) => seconds * 1_000)
    expect(rests({ slot: 'ann-1' }, slotKey('ann-1'), 8)).toEqual(expected)
    expect(rests({ template: 'default' }, templateKey('default'), 8)).toEqual(expected)
  })

  test('for a short while only when it was an ending: somebody waits for the machine', () => {
    const expected = [2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000)
    expect(rests({ ending: 'ann-1' }, endingKey('ann-1'), 7)).toEqual(expected)
  })

  test('until then, and not a moment longer', () => {
    const recollection = recollectFailure(emptyRecollection, { slot: 'ann-1', nowMs: 0 })
    expect(restsUntil(slotKey('ann-1'), { recollection, nowMs: 9_999 })).toBe(10_000)
    expect(restsUntil(slotKey('ann-1'), { recollection, nowMs: 10_000 })).toBeUndefined()
    expect(restsUntil(slotKey('ann-2'), { recollection, nowMs: 0 })).toBeUndefined()
  })

  test('no more once an agent connected: slot and template have proved to work', () => {
    const model = serving()
    const failure = { slot: 'ann-1', template: 'default', nowMs: model.nowMs }
    model.recollection = recollectFailure(model.recollection, failure)
    expect(model.world().recollection.setbacks).toEqual({})
  })

  test('no more once its ending succeeded', () => {
    const failed = recollectFailure(emptyRecollection, { slot: 'ann-1', ending: 'ann-1', nowMs: 0 })
    expect(Object.keys(forgiveEnding(failed, 'ann-1').setbacks)).toEqual([slotKey('ann-1')])
  })

  test('and is forgiven ten minutes after it might have been tried again', () => {
    const model = new Model()
    model.recollection = recollectFailure(model.recollection, { slot: 'ann-1', nowMs: model.nowMs })
    model.nowMs += 600_000
    expect(Object.keys(model.world().recollection.setbacks)).toHaveLength(1)
    model.nowMs += 10_000
    expect(model.world().recollection.setbacks).toEqual({})
  })
})

test('a guess is remembered while its build waits, and ten minutes longer: Jenkins may hide it for a while', () => {
  const model = new Model()
  model.enqueue({ itemId: 7, title: 'app', waitingSinceMs: 0, wants: { kind: 'node', node: 'ann-1' } })
  model.recollection = recollectGuess(model.recollection, 7, model.nowMs)
  model.nowMs += 3_600_000
  expect(model.world().recollection.guesses).toHaveProperty('7')
  model.queue.clear()
  expect(model.world().recollection.guesses).toEqual({})
  model.recollection = recollectGuess(model.recollection, 8, model.nowMs)
  expect(model.world().recollection.guesses).toHaveProperty('8')
})

test('nothing is remembered of what is gone, so the recollection never grows', () => {
  const model = serving()
  model.enqueue({ itemId: 7, title: 'app', waitingSinceMs: 0, wants: { kind: 'node', node: 'ann-1' } })
  const full = model.world().recollection
  const { recollection: _, ...empty } = new Model().world()
  const after: Recollection = recollect(full, { ...empty, nowMs: model.nowMs })
  expect(after).toEqual({ ...emptyRecollection, session: after.session })
})
