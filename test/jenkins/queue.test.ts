import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { exchangesOf, recorded } from '../support/recordings.ts'
import { replayed } from '../support/replay-server.ts'

const scenarios = readdirSync(new URL('../fixtures/jenkins-2.498/', import.meta.url))
  .filter((file) => /^queue-.*\.json$/.test(file))
  .map((file) => file.replace('.json', ''))

const readings = scenarios.flatMap((scenario) =>
  exchangesOf(scenario).flatMap((exchange, at): [string, number][] =>
    exchange.request.path.startsWith('/queue/api/json?tree=items[id') ? [[scenario, at]] : [],
  ),
)

test('a queued freestyle build is read with all that it tells', async () => {
  const jenkins = await replayed([['queue-one-busy', 1]])
  expect(await jenkins.queue()).toEqual([
    {
      id: 74,
      kind: 'BuildableItem',
      why: 'Waiting for next available executor on ‘qa’',
      stuck: false,
      buildable: true,
      blocked: false,
      pending: false,
      inQueueSinceMs: 1795410428498,
      buildableSinceMs: 1795410428512,
      task: {
        kind: 'FreeStyleProject',
        name: 'q38-free',
        url: 'http://jenkins.example:8080/job/q38-free/',
        labelExpression: 'solo',
      },
    },
  ])
})

test('a queued Pipeline block has a name but no label expression', async () => {
  const jenkins = await replayed([['queue-one-busy', 6]])
  const [item] = await jenkins.queue()
  expect(item?.task).toEqual({
    kind: 'PlaceholderTask',
    name: 'part of q39-pipe #1',
    url: 'job/q39-pipe/1/',
    labelExpression: undefined,
  })
})

describe('every recorded queue is read', () => {
  test.each(readings)('%s[%i]', async (scenario, at) => {
    const jenkins = await replayed([[scenario, at]])
    const items = await jenkins.queue()
    const body = recorded(scenario, at).response.body as { items: { id: number; why: string }[] }
    expect(items.map(({ id, why }) => ({ id, why }))).toEqual(
      body.items.map(({ id, why }) => expect.objectContaining({ id, why })),
    )
    for (const item of items) {
      expect(item.kind).toMatch(/^(Waiting|Blocked|Buildable)Item$/)
      expect(item.task.name).not.toBe('')
    }
  })
})

test('there is a good number of recorded queues', () => {
  expect(readings.length).toBeGreaterThan(50)
})

test('a queue is read even where a task shows nothing but its class', async () => {
  const jenkins = await replayed([['queue-one-busy', 5]])
  expect(await jenkins.queue()).toMatchObject([{ id: 76, task: { kind: 'PlaceholderTask', name: '' } }])
})

test('a queue item waits, becomes a build, or is cancelled', async () => {
  const jenkins = await replayed([
    ['queue-one-busy', 2],
    ['queue-one-busy', 4],
    ['queue-item-life', 2],
  ])
  expect(await jenkins.queueItem(74)).toEqual({
    cancelled: false,
    build: undefined,
    why: 'Waiting for next available executor on ‘qa’',
  })
  expect(await jenkins.queueItem(74)).toEqual({ cancelled: true, build: undefined, why: undefined })
  expect(await jenkins.queueItem(120)).toEqual({ cancelled: false, build: 1, why: undefined })
})

test('a queue item that was forgotten is not found', async () => {
  const jenkins = await replayed([['queue-item-life', 13]])
  await expect(jenkins.queueItem(99999999)).rejects.toMatchObject({ failure: 'not-found' })
})

test('a waiting item is cancelled', async () => {
  const jenkins = await replayed([['queue-one-busy', 3]])
  await jenkins.cancelQueueItem(74)
})

test('cancelling an item that has left is fine, although Jenkins answers 500', async () => {
  const jenkins = await replayed([
    ['queue-item-life', 10],
    ['queue-item-life', 8],
  ])
  await jenkins.cancelQueueItem(122)
})

test('a 500 to the cancelling of an item that still waits is a fault', async () => {
  const jenkins = await replayed([
    ['queue-item-life', 10],
    ['queue-item-life', 5],
  ])
  await expect(jenkins.cancelQueueItem(122)).rejects.toMatchObject({
    failure: 'broken',
    status: 500,
    hint: expect.stringMatching(/Logging ID 4a07fa87-/),
  })
})

test('who may not cancel is told which permission is missing', async () => {
  const jenkins = await replayed([['permissions', 43]], { user: 'contributor' })
  await expect(jenkins.cancelQueueItem(1)).rejects.toMatchObject({
    failure: 'forbidden',
    message: 'Cannot cancel queue item 1: user contributor lacks the permission Job/Cancel',
  })
})

test('an item that one may not even see is not found', async () => {
  const jenkins = await replayed([['permissions', 44]], { user: 'nojob' })
  await expect(jenkins.cancelQueueItem(1)).rejects.toMatchObject({ failure: 'not-found' })
})
