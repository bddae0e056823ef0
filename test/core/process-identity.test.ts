import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fateOf, ownIdentity, processIdentitySchema } from '../../core/process-identity.ts'

describe('ownIdentity', () => {
  it('stays the same, and survives being written down', async () => {
    const self = await ownIdentity()
    expect(self.pid).toBe(process.pid)
    expect(self.started).not.toBe('')
    expect(self.bootId).not.toBe('')
    expect(processIdentitySchema.parse(JSON.parse(JSON.stringify(await ownIdentity())))).toEqual(self)
  })
})

describe('fateOf', () => {
  it('knows that we live', async () => {
    const self = await ownIdentity()
    expect(await fateOf(self, self)).toBe('alive')
  })

  it('is sure about a process that has ended', async () => {
    const self = await ownIdentity()
    const child = spawn('true')
    await once(child, 'exit')
    expect(await fateOf({ ...self, pid: child.pid ?? 0 }, self)).toBe('gone')
  })

  it('takes a zombie for what it is', async () => {
    const self = await ownIdentity()
    // The second sleep is in the place of the shell and never asks after the first.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'])
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [pid] = await once(createInterface({ input: parent.stdout }), 'line')
    await vi.waitFor(async () =>
      expect(await fateOf({ ...self, pid: Number(pid), started: '' }, self)).toBe('gone'),
    )
    // It is still there, as a name.
    expect(process.kill(Number(pid), 0)).toBe(true)
  })

  it('is not fooled by a pid that was used again', async () => {
    const self = await ownIdentity()
    expect(await fateOf({ ...self, started: `${self.started}1` }, self)).toBe('gone')
  })

  it('takes a process for alive where the system hides when one of them started', async () => {
    const self = await ownIdentity()
    expect(await fateOf({ ...self, started: '' }, self)).toBe('alive')
  })

  it.each([
    ['of an earlier boot', { bootId: 'earlier' }, 'gone'],
    ['of another machine', { bootId: 'other', host: 'mycroft' }, 'elsewhere'],
    ['of this machine under an earlier name', { host: 'earlier' }, 'alive'],
    ['in a container of this machine', { pidNamespace: 'pid:[1]', host: 'f00' }, 'hidden'],
  ])('sees through a process %s', async (_, difference, fate) => {
    const self = await ownIdentity()
    expect(await fateOf({ ...self, ...difference }, self)).toBe(fate)
  })

  it('goes by the host name where there is no boot id', async () => {
    const self = { ...(await ownIdentity()), bootId: '' }
    expect(await fateOf(self, self)).toBe('alive')
    expect(await fateOf({ ...self, host: 'mycroft' }, self)).toBe('elsewhere')
    // Hidden from one of the two: that is no proof of a new boot.
    expect(await fateOf({ ...self, bootId: 'known' }, self)).toBe('elsewhere')
  })
})
