import { expect, test } from 'vitest'
import { waitForBuilds, waitForEnd } from '../../../agent/commands/wait-for-builds.ts'
import type { Clock } from '../../../core/clock.ts'
import { RemoteError } from '../../../core/errors.ts'
import { silentLog } from '../../../core/log.ts'
import { agentStatus } from '../../support/agent-status.ts'

const busy = agentStatus({ slots: [{ slot: 'laptop-ann-1', state: 'busy', build: 'app #41' }] })
const gone = new RemoteError('unreachable', 'no footman agent is running here')

/** Time that passes only while somebody sleeps. */
function patience() {
  let nowMs = 0
  const clock: Clock = {
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms
    },
  }
  return { clock, log: silentLog, signal: new AbortController().signal }
}

test('a daemon that ends while its builds are waited for has no builds any more', async () => {
  const ask = async () => {
    throw gone
  }
  expect(await waitForBuilds(ask, busy, patience())).toBeUndefined()
})

test('parked, failed and foreign slots are not waited for', async () => {
  const idle = agentStatus({
    slots: [
      { slot: 'a-1', state: 'registered' },
      { slot: 'a-2', state: 'failed' },
      { slot: 'a-3', state: 'held' },
    ],
  })
  const ask = () => Promise.reject(new Error('nobody should ask'))
  expect(await waitForBuilds(ask, idle, patience())).toBe(idle)
})

test('a daemon that hangs is not taken for one that ended', async () => {
  const ask = () => Promise.reject(new RemoteError('timeout', 'it did not answer'))
  await expect(waitForBuilds(ask, busy, patience())).rejects.toThrow('it did not answer')
})

test('a daemon that stays although nothing is left to do is reported after a minute', async () => {
  const options = patience()
  await expect(waitForEnd(async () => agentStatus(), options)).rejects.toMatchObject({
    failure: 'timeout',
    hint: expect.stringContaining('stop --now'),
  })
  expect(options.clock.now()).toBe(60_000)
})
