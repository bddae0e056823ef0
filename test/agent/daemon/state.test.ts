import { expect, test } from 'vitest'
import { ofEngine, sideOf } from '../../../agent/daemon/blame.ts'
import { freshState, nextState, troubleOf } from '../../../agent/daemon/state.ts'
import { RemoteError } from '../../../core/errors.ts'

const gate = { openness: 'open', because: '' } as const
const away = new RemoteError('unreachable', 'connection refused', { hint: 'is it running?' })
const refused = new RemoteError('forbidden', 'a right is missing')

function after(state: ReturnType<typeof freshState>, error: Error | undefined, nowMs: number) {
  return nextState(state, { gate, result: undefined, trouble: error && troubleOf(error) }, nowMs)
}

test('a failed look is told with its cure, and whether it may pass by itself', () => {
  expect(troubleOf(away)).toEqual({
    side: 'controller',
    text: 'connection refused (is it running?)',
    isPassing: true,
  })
  expect(troubleOf(refused)).toMatchObject({ isPassing: false })
})

test('a failure of the engine is remembered to be one', async () => {
  const error = new RemoteError('unreachable', 'the container engine does not answer')
  await expect(ofEngine(Promise.reject(error))).rejects.toBe(error)
  expect(sideOf(error)).toBe('engine')
  expect(await ofEngine(Promise.resolve(7))).toBe(7)
  expect(sideOf(new Error('any other'))).toBe('controller')
})

test('since when the controller answers, or does not, changes only when that does', async () => {
  let state = freshState(0)
  state = after(state, undefined, 10)
  expect(state.touchSinceMs).toBe(0)
  state = after(state, away, 20)
  state = after(state, refused, 30)
  expect(state.touchSinceMs).toBe(20)
  state = after(state, undefined, 40)
  expect(state.touchSinceMs).toBe(40)
  const engine = new RemoteError('unreachable', 'the container engine does not answer')
  await ofEngine(Promise.reject(engine)).catch(() => {})
  expect(after(state, engine, 50).touchSinceMs).toBe(40)
})
