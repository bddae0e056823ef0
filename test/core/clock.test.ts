import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { deadline, systemClock } from '../../core/clock.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

describe('deadline', () => {
  it('aborts with a TimeoutError when the time is up', async () => {
    const signal = deadline(10, new AbortController().signal)
    await delay(30)
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
  })

  it('aborts with the reason of the caller when that comes first', () => {
    const caller = new AbortController()
    const signal = deadline(10_000, caller.signal)
    caller.abort('enough')
    expect(signal.reason).toBe('enough')
  })

  it('is aborted from the start when the caller is', () => {
    expect(deadline(10_000, AbortSignal.abort('before')).reason).toBe('before')
  })

  it('comes although only its listener is still reachable when garbage is collected', async () => {
    const caller = new AbortController()
    let came = 0
    const listen = () =>
      deadline(60, caller.signal).addEventListener('abort', () => {
        came++
      })
    for (let i = 0; i < 20; i++) listen()
    await delay(10)
    collectGarbage()
    await delay(10)
    collectGarbage()
    await delay(80)
    expect(came).toBe(20)
  })

  it('waits longer than a timer can', async () => {
    const signal = deadline(2 ** 40)
    await delay(10)
    expect(signal.aborted).toBe(false)
  })
})

describe('systemClock', () => {
  it('sleeps, and wakes with the reason of an abort', async () => {
    const started = systemClock.now()
    await systemClock.sleep(20)
    expect(systemClock.now() - started).toBeGreaterThanOrEqual(19)
    const caller = new AbortController()
    const sleeping = systemClock.sleep(10_000, caller.signal)
    caller.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
  })
})
