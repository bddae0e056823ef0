import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { exitCodes, LockHeldError, UserError } from '../../core/errors.ts'
import { acquireLock, withLock } from '../../core/lock.ts'
import type { LockOwner } from '../../core/lock-owner.ts'
import { startChild } from '../support/child.ts'
import { contest } from '../support/lock-contest.ts'
import { tempDir } from '../support/temp-dir.ts'

const purpose = 'testing'
const lockPath = async () => join(await tempDir(), 'lock')

/** Rewrites what a lock says about its owner. */
async function forge(path: string, change: (owner: LockOwner) => void): Promise<void> {
  const [name = ''] = (await readdir(path)).filter((entry) => entry.startsWith('owner.'))
  const owner: LockOwner = JSON.parse(await readFile(join(path, name), 'utf8'))
  change(owner)
  await writeFile(join(path, name), JSON.stringify(owner))
}

describe('acquireLock', () => {
  it('excludes others until it is released', async () => {
    const path = await lockPath()
    const lock = await acquireLock(path, { purpose })
    await expectHeld(path)
    await lock.release()
    await (await acquireLock(path, { purpose })).release()
  })

  it('leaves nothing behind', async () => {
    const dir = await tempDir()
    const lock = await acquireLock(join(dir, 'lock'), { purpose })
    expect(await readdir(dir)).toEqual(['lock'])
    await lock.release()
    expect(await readdir(dir)).toEqual([])
  })

  it('clears up what a process left that was killed an hour ago while taking the lock', async () => {
    const dir = await tempDir()
    const twoHoursAgo = Date.now() / 1000 - 7200
    await mkdir(join(dir, '.lock.0123456789ab.tmp'))
    await writeFile(join(dir, '.lock.0123456789ab.tmp', 'alive.0123456789ab'), '')
    await utimes(join(dir, '.lock.0123456789ab.tmp'), twoHoursAgo, twoHoursAgo)
    await mkdir(join(dir, '.lock.ba9876543210.tmp'))
    await (await acquireLock(join(dir, 'lock'), { purpose })).release()
    expect(await readdir(dir)).toEqual(['.lock.ba9876543210.tmp'])
  })

  it('makes the folder for the lock', async () => {
    const path = join(await tempDir(), 'state', 'footman', 'lock')
    await (await acquireLock(path, { purpose })).release()
  })

  it('waits for its turn and tells once for whom', async () => {
    const path = await lockPath()
    const lock = await acquireLock(path, { purpose: 'being first' })
    const told: string[] = []
    const waiting = acquireLock(path, { purpose, waitMs: 5000, onWait: (message) => told.push(message) })
    await delay(250)
    await lock.release()
    await (await waiting).release()
    expect(told).toEqual([expect.stringContaining('is busy being first since')])
  })

  it('gives up when the time to wait is over', async () => {
    const path = await lockPath()
    const lock = await acquireLock(path, { purpose })
    const started = performance.now()
    await expect(acquireLock(path, { purpose, waitMs: 250 })).rejects.toBeInstanceOf(LockHeldError)
    expect(performance.now() - started).toBeGreaterThanOrEqual(240)
    await lock.release()
  })

  it('stops waiting on abort, with the reason', async () => {
    const path = await lockPath()
    const lock = await acquireLock(path, { purpose })
    const caller = new AbortController()
    const waiting = acquireLock(path, { purpose, waitMs: 60_000, signal: caller.signal })
    setTimeout(() => caller.abort(new Error('enough')), 20)
    await expect(waiting).rejects.toThrow('enough')
    await lock.release()
  })

  it('can be released twice, and the second time harms no new owner', async () => {
    const path = await lockPath()
    const first = await acquireLock(path, { purpose })
    await first.release()
    const second = await acquireLock(path, { purpose })
    await first.release()
    await expectHeld(path)
    await second.release()
  })

  it('survives that somebody removed the lock by hand', async () => {
    const path = await lockPath()
    const lock = await acquireLock(path, { purpose })
    await rm(path, { recursive: true })
    await lock.release()
  })

  it('says when the place for the lock is no good', async () => {
    const dir = await tempDir()
    await writeFile(join(dir, 'file'), '')
    await expect(acquireLock(join(dir, 'file'), { purpose })).rejects.toBeInstanceOf(UserError)
    await expect(acquireLock(join(dir, 'file', 'lock'), { purpose })).rejects.toBeInstanceOf(UserError)
  })

  it('never removes what it does not know', async () => {
    const path = await lockPath()
    await mkdir(path)
    await writeFile(join(path, 'thesis.txt'), '')
    await expect(acquireLock(path, { purpose })).rejects.toMatchObject({
      message: expect.stringContaining('something that footman does not know'),
      hint: expect.stringContaining(`rm -r ${path}`),
    })
    expect(await readdir(path)).toEqual(['thesis.txt'])
  })

  it('never breaks a lock whose owner it cannot read', async () => {
    const path = await lockPath()
    await mkdir(path)
    await writeFile(join(path, 'owner.0123456789ab.json'), '{"process":')
    await expectHeld(path)
    expect(await readdir(path)).toEqual(['owner.0123456789ab.json'])
  })

  it('takes the lock where the path is too long for a socket', async () => {
    const path = join(await tempDir(), 'x'.repeat(120))
    const lock = await acquireLock(path, { purpose })
    await expectHeld(path)
    await lock.release()
  })
})

describe('acquireLock, against another process', () => {
  it('believes in it while it lives, whatever may have changed, and takes over once it is killed', async () => {
    const dir = await tempDir()
    const [plain, renamed, hidden, mute] = ['plain', 'renamed', 'hidden', 'mute'].map((name) =>
      join(dir, name),
    )
    if (!plain || !renamed || !hidden || !mute) return
    const holder = startChild('hold-locks', plain, renamed, hidden, mute)
    await holder.line()
    await forge(plain, (owner) => {
      owner.sinceMs = Date.parse('2026-03-04T05:06:07Z')
    })
    await forge(renamed, (owner) => {
      owner.process.host = 'as-the-last-network-called-it'
    })
    // As a process in a container looks from outside: its pid says nothing here.
    await forge(hidden, (owner) => {
      owner.process.pidNamespace = 'pid:[1]'
      owner.process.pid = 999_999_999
    })
    await forge(mute, (owner) => {
      owner.process.pidNamespace = 'pid:[1]'
      owner.listens = false
    })

    const clock = { now: () => Date.parse('2026-03-04T05:08:07Z'), sleep: () => Promise.resolve() }
    await expect(acquireLock(plain, { purpose, clock })).rejects.toMatchObject({
      message:
        `footman hold (pid ${holder.pid} on ${hostname()}) is busy holding since 2026-03-04T05:06:07.000Z (2m); ` +
        `it holds the lock ${plain}`,
      hint: `wait for it, or end it with: kill ${holder.pid}`,
      exitCode: exitCodes.lockHeld,
    })
    await expectHeld(renamed)
    expect((await expectHeld(hidden)).hint).toContain('stop the container')

    holder.process.kill('SIGSTOP')
    await expectHeld(plain)
    await expectHeld(hidden)

    await holder.kill()
    for (const path of [plain, renamed, hidden]) await (await acquireLock(path, { purpose })).release()
    // Here nothing proves that the owner is gone.
    await expectHeld(mute)
  })

  it('takes over when the pid belongs to another process now', async () => {
    const path = await lockPath()
    await acquireLock(path, { purpose })
    await forge(path, (owner) => {
      owner.process.started += '0'
    })
    await (await acquireLock(path, { purpose })).release()
  })

  it('takes over when this machine was booted since', async () => {
    const path = await lockPath()
    await acquireLock(path, { purpose })
    await forge(path, (owner) => {
      owner.process.bootId = 'an earlier boot'
    })
    await (await acquireLock(path, { purpose })).release()
  })

  it('never breaks the lock of another machine', async () => {
    const path = await lockPath()
    await acquireLock(path, { purpose })
    await forge(path, (owner) => {
      owner.process.bootId = 'another kernel'
      owner.process.host = 'mycroft'
    })
    const { message, hint } = await expectHeld(path)
    expect(message).toContain('on mycroft')
    expect(hint).toBe(`wait for it; if it surely runs no more on mycroft, rm -r ${path}`)
  })

  it('lets one of many take over, each time', async () => {
    const path = await lockPath()
    for (let round = 0; round < 10; round++) {
      const abandoned = await acquireLock(path, { purpose })
      await forge(path, (owner) => {
        owner.process.bootId = 'an earlier boot'
      })
      const attempts = Array.from({ length: 10 }, () => acquireLock(path, { purpose }))
      const taken = (await Promise.allSettled(attempts)).filter((attempt) => attempt.status === 'fulfilled')
      expect(taken).toHaveLength(1)
      // The old owner wakes up late: that changes nothing.
      await abandoned.release()
      await expectHeld(path)
      await taken[0]?.value.release()
    }
  })

  it('never shares the lock among eight that are killed one by one, and nobody has to clear up', async () => {
    await contest({ processes: 8, kills: 7, replace: false })
  }, 30_000)
})

describe('withLock', () => {
  it('holds the lock during the work and returns what comes of it', async () => {
    const path = await lockPath()
    const result = await withLock(path, { purpose }, async () => {
      await expectHeld(path)
      return 42
    })
    expect(result).toBe(42)
    await (await acquireLock(path, { purpose })).release()
  })

  it('gives the lock back when the work fails', async () => {
    const path = await lockPath()
    const failing = withLock(path, { purpose }, () => Promise.reject(new Error('no luck')))
    await expect(failing).rejects.toThrow('no luck')
    await (await acquireLock(path, { purpose })).release()
  })
})

async function expectHeld(path: string): Promise<LockHeldError> {
  const error = await acquireLock(path, { purpose }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(LockHeldError)
  return error as LockHeldError
}
