import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exchangesOf } from '../../support/recordings.ts'
import { asRecorded, asSeen, differences } from './comparable.ts'
import { connectAgent } from './fake-link.ts'
import { addTestNode, markTestNode } from './node-stage.ts'
import { placeOf, type Replay, startReplay } from './replay.ts'

/** The practice controller against what a real Jenkins 2.498 answered: going down and coming back. */
describe('a restart, as recorded', () => {
  let replay: Replay
  beforeEach(async () => {
    replay = await startReplay({ restartMs: 3000 })
  })
  afterEach(() => replay.controller.stop())

  test('the verbs, the phases and what is left afterwards', async () => {
    const { controller } = replay
    addTestNode(controller, 'b1')
    addTestNode(controller, 'b2')
    connectAgent(controller, 'b1')
    markTestNode(controller, 'b2', 'kept over a restart')
    const cancelQuietDown = () => {
      controller.state.quietDown = undefined
    }
    const plan = { part: [0, 16] as [number, number], before: { 14: cancelQuietDown } }
    expect(await replay.play('boot-restart', plan)).toEqual({})
    const sessionBefore = await sessionOf(replay)

    expect(await answersLike(replay, [16, 17, 18, 19])).toEqual({}) // Restarting Jenkins
    await untilRefused(replay)
    await expect.poll(() => answersLike(replay, [29, 30, 31, 32]), { timeout: 5000 }).toEqual({}) // Starting Jenkins
    await expect.poll(() => answersLike(replay, [33, 34, 35, 36]), { timeout: 10_000 }).toEqual({}) // up

    expect(await sessionOf(replay)).not.toBe(sessionBefore)
    connectAgent(controller, 'b1')
    expect(await replay.play('boot-restart', { part: [37, 42] })).toEqual({})
    await expect.poll(() => isRefused(replay)).toBe(true) // exit
  })
})

/** The recorded answers of these numbers, as far as they are not given now. */
async function answersLike(replay: Replay, numbers: number[]): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const number of numbers) {
    const exchange = exchangesOf('boot-restart')[number]
    if (!exchange) throw new Error('the recording has changed')
    const seen = await replay
      .send(exchange)
      .then((answer) => asSeen(answer, placeOf(replay.controller)), String)
    const differing = differences(seen, asRecorded(exchange))
    if (differing.length > 0) found[exchange.request.path] = differing
  }
  return found
}

async function sessionOf({ controller }: Replay): Promise<string | null> {
  const response = await fetch(`${controller.url}login`).catch(() => undefined)
  return response?.headers.get('x-jenkins-session') ?? null
}

async function untilRefused(replay: Replay): Promise<void> {
  for (let tries = 0; tries < 200 && !(await isRefused(replay)); tries++) await setTimeout(5)
  expect(await isRefused(replay)).toBe(true)
}

async function isRefused({ controller }: Replay): Promise<boolean> {
  return fetch(`${controller.url}login`).then(
    () => false,
    () => true,
  )
}
