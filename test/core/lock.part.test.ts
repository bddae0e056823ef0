import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished, vi } from 'vitest'
import { LockHeldError } from '../../core/errors.ts'
import { acquireLock } from '../../core/lock.ts'
import { contest } from '../support/lock-contest.ts'
import { tempDir } from '../support/temp-dir.ts'

const purpose = 'testing'

it('is never shared by many processes in a long contest with many kills', async () => {
  await contest({ processes: 10, kills: 60, replace: true })
})

it('tells a living from a dead process in a pid namespace of its own, as a container has it', async () => {
  const path = join(await tempDir(), 'lock')
  const script = new URL('../support/children/hold-locks.ts', import.meta.url).pathname
  const container = spawn(
    'unshare',
    ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, '--import', 'tsx', script, path],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void container.kill('SIGKILL'))
  await once(createInterface({ input: container.stdout }), 'line')

  // In there it is process 1, which is alive out here too, but another one.
  await expect(acquireLock(path, { purpose })).rejects.toMatchObject({
    message: expect.stringContaining('(pid 1 on '),
    hint: expect.stringContaining('stop the container'),
  })
  container.kill('SIGKILL')
  const lock = await vi.waitFor(() => acquireLock(path, { purpose }), 5000)
  await expect(acquireLock(path, { purpose })).rejects.toBeInstanceOf(LockHeldError)
  await lock.release()
})
