import { expect, it } from 'vitest'
import { LockHeldError, RemoteError } from '../../../core/errors.ts'
import { createLog } from '../../../core/log.ts'
import { runSchedule, type ScheduleOptions } from '../../../jenkins/schedule/run-schedule.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const hourMs = 3_600_000
const noon = Date.UTC(2026, 0, 5, 12)

/** Every full hour from noon on. */
function stage(work: (clock: FakeClock) => Promise<void>, more: Partial<ScheduleOptions> = {}) {
  const clock = new FakeClock(noon)
  const runs: number[] = []
  const said: string[] = []
  const stop = new AbortController()
  const ended = runSchedule({
    next: () => (Math.floor(clock.now() / hourMs) + 1) * hourMs,
    jitterMs: 0,
    timeZone: 'UTC',
    work: async () => {
      runs.push((clock.now() - noon) / hourMs)
      await work(clock)
    },
    log: createLog({ sink: { write: (text) => said.push(text.trimEnd()) } }),
    clock,
    random: () => 0.5,
    signal: stop.signal,
    ...more,
  })
  ended.catch(() => undefined).finally(() => clock.expectSleepers(false))
  return { clock, runs, said, stop, ended }
}

it('says when it runs next, and runs then, until it is stopped', async () => {
  const { clock, runs, said, stop, ended } = stage(async () => {})
  await clock.advance(2.5 * hourMs)
  expect(runs).toEqual([1, 2])
  expect(said[0]).toMatch(/^next run: Mon,? 5 Jan 2026,? (at )?13:00 UTC$/)
  stop.abort()
  await ended
})

it('begins later by chance, and says so', async () => {
  const { clock, runs, said, stop, ended } = stage(async () => {}, { jitterMs: 600_000 })
  await clock.advance(hourMs + 299_000)
  expect(runs).toEqual([])
  await clock.advance(1_000)
  expect(runs).toHaveLength(1)
  expect(said[0]).toContain('13:05 UTC, 5m after its time')
  stop.abort()
  await ended
})

it('leaves out what came while the run before was at work, and tells', async () => {
  const durations = [1.5 * hourMs]
  const { clock, runs, said, stop, ended } = stage((own) => own.sleep(durations.shift() ?? 0))
  await clock.advance(3.25 * hourMs)
  expect(runs).toEqual([1, 3])
  expect(said.filter((line) => line.includes('left out'))).toEqual([
    expect.stringMatching(/^warning: the run of Mon.* 14:00 UTC is left out/),
  ])
  stop.abort()
  await ended
})

it('skips a run while another footman is at work, and goes on after what went wrong', async () => {
  const errors = [
    new LockHeldError('footman jenkins upgrade (pid 7 on host) is busy upgrading jenkins'),
    new RemoteError('unreachable', 'no engine answers', { hint: 'start it' }),
  ]
  const { clock, runs, said, stop, ended } = stage(async () => {
    const error = errors.shift()
    if (error) throw error
  })
  await clock.advance(3.5 * hourMs)
  expect(runs).toEqual([1, 2, 3])
  expect(said).toContain(
    'warning: skipped this time: footman jenkins upgrade (pid 7 on host) is busy upgrading jenkins',
  )
  expect(said).toContain('error: no engine answers (start it)')
  stop.abort()
  await ended
})

it('ends with a bug of ours instead of hiding it', async () => {
  const { clock, ended } = stage(async () => {
    throw new TypeError('x is undefined')
  })
  const caught = expect(ended).rejects.toThrow('x is undefined')
  await clock.advance(1.5 * hourMs)
  await caught
})

it('ends quietly when it is stopped during a run, which undoes what it did', async () => {
  const stop = new AbortController()
  const { clock, said, ended } = stage((own) => own.sleep(hourMs, stop.signal), { signal: stop.signal })
  await clock.advance(1.5 * hourMs)
  stop.abort(new Error('SIGTERM'))
  await ended
  expect(said.join()).not.toContain('SIGTERM')
})

it('runs as soon as the machine wakes up that slept over its time', async () => {
  const { clock, runs, stop, ended } = stage(async () => {})
  await clock.asleep()
  clock.jump(5 * hourMs)
  await clock.advance(60_000)
  expect(runs).toHaveLength(1)
  stop.abort()
  await ended
})
