import { expect, test } from 'vitest'
import { endContainer } from '../../../agent/containers/end-container.ts'
import { RemoteError } from '../../../core/errors.ts'
import { fakeDocker } from '../../support/docker-fake.ts'

const away = new RemoteError('timeout', 'no answer')

test('a container is asked to end, in whole seconds, before it is removed', async () => {
  const engine = fakeDocker()
  const graces: number[] = []
  const { stop } = engine
  engine.stop = (id, graceSeconds, signal) => {
    graces.push(graceSeconds)
    return stop(id, graceSeconds, signal)
  }
  await endContainer({ engine, containerId: 'c1', graceMs: 9_500 })
  expect([engine.calls, graces]).toEqual([['stop', 'remove'], [10]])
})

test('one that cannot be asked is removed all the same', async () => {
  const engine = fakeDocker()
  engine.failNext('stop', away)
  await endContainer({ engine, containerId: 'c1', graceMs: 1_000 })
  expect(engine.calls).toEqual(['stop', 'remove'])
})

test('one that cannot be removed is told about', async () => {
  const engine = fakeDocker()
  engine.failNext('remove', away)
  await expect(endContainer({ engine, containerId: 'c1', graceMs: 1_000 })).rejects.toBe(away)
})
