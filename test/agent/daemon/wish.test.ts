import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openWish } from '../../../agent/daemon/wish.ts'
import { createLog, silentLog } from '../../../core/log.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { tempDir } from '../../support/temp-dir.ts'

const clock = new FakeClock(1_000)
const options = { clock, log: silentLog }

test('a wish outlives the daemon, in a file for its owner alone', async () => {
  const dir = await tempDir()
  const first = await openWish(dir, options)
  expect(first.current()).toEqual({ mode: 'run' })
  await first.change({ mode: 'draining', sinceMs: 1_000 })
  expect((await openWish(dir, options)).current()).toEqual({ mode: 'draining', sinceMs: 1_000 })
  expect((await stat(join(dir, 'wish.json'))).mode & 0o777).toBe(0o600)
})

test('a pause ends when its time has come, also while nobody was there', async () => {
  const dir = await tempDir()
  const clock = new FakeClock(1_000)
  const wishes = await openWish(dir, { clock, log: silentLog })
  await wishes.change({ mode: 'paused', sinceMs: 1_000, untilMs: 5_000 })
  clock.jump(3_999)
  expect(wishes.current().mode).toBe('paused')
  clock.jump(1)
  expect(wishes.current()).toEqual({ mode: 'run' })
  expect((await openWish(dir, { clock, log: silentLog })).current()).toEqual({ mode: 'run' })
})

test.each(['', 'no json', '{"mode":"dance"}', '{"mode":"paused"}'])(
  'a file that holds %j is no wish',
  async (text) => {
    const dir = await tempDir()
    await writeFile(join(dir, 'wish.json'), text)
    expect((await openWish(dir, options)).current()).toEqual({ mode: 'run' })
  },
)

test('a wish that cannot be written is heeded all the same, and that is said', async () => {
  const dir = await tempDir()
  const said: string[] = []
  const log = createLog({ sink: { write: (line) => said.push(line) } })
  const wishes = await openWish(join(dir, 'missing'), { clock, log })
  await wishes.change({ mode: 'draining', sinceMs: 1_000 })
  expect(wishes.current().mode).toBe('draining')
  expect(said.join('')).toContain('this will be forgotten when the agent ends')
})
