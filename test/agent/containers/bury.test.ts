import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bury } from '../../../agent/containers/bury.ts'
import type { ExecuteContext } from '../../../agent/daemon/edges.ts'
import { RemoteError } from '../../../core/errors.ts'
import { createLog } from '../../../core/log.ts'
import { Secret } from '../../../core/secret.ts'
import { LendingStage } from '../../support/lending-stage.ts'

/** A container with a log that is to be buried, and what is said at its grave. */
async function bench(lines: string[], { hasConnected = false } = {}) {
  const stage = new LendingStage({ settings: { container: { logLines: 10 } } })
  await stage.start()
  stage.agentsConnect = false
  stage.enqueue('2CPU2G')
  await stage.pass(20_000)
  await stage.kill()
  const { id: containerId } = stage.container
  for (const line of lines) stage.docker.say(containerId, line)
  const said: string[] = []
  const context: ExecuteContext = {
    jenkins: stage.jenkins,
    engine: stage.docker,
    clock: stage.clock,
    log: createLog({ sink: { write: (line) => said.push(line.trimEnd()) } }),
    plan: stage.plan,
    secrets: new Map(),
    pull: () => {},
    hasConnected: () => hasConnected,
  }
  const removal = { kind: 'remove', slot: 'ann-1', template: 'default', containerId, failed: true } as const
  const path = join(stage.plan.stateDir, 'logs', 'ann-1.log')
  const buried = (because: string) => bury({ ...removal, because }, context)
  return { stage, said, path, bury: buried, kept: () => readFile(path, 'utf8') }
}

describe('the log of a failed container', () => {
  test('is kept for its owner alone, without secrets', async () => {
    const { path, bury, kept } = await bench([`token ${new Secret('hunter2-hunter2').reveal()}`])
    await bury('it ended by itself with exit code 1')
    expect(await kept()).toContain('token [redacted]')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700)
  })

  test('is kept by its end, as long as container.logLines says, in place of the one before', async () => {
    const { path, bury, kept } = await bench(Array.from({ length: 30 }, (_, index) => `line ${index}`))
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, 'of an earlier failure')
    await bury('x')
    const lines = (await kept()).trimEnd().split('\n')
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([10, 'line 20', 'line 29'])
  })

  test('that cannot be read, or not be written, is told and holds nothing up', async () => {
    const unread = await bench([])
    unread.stage.docker.failNext('logs', new RemoteError('broken', 'the engine has hiccups'))
    await unread.bury('it ended')
    expect(unread.said).toEqual([
      expect.stringContaining('its log could not be kept (the engine has hiccups)'),
    ])

    const unwritten = await bench([])
    await mkdir(unwritten.stage.plan.stateDir, { recursive: true })
    await writeFile(join(unwritten.stage.plan.stateDir, 'logs'), 'a file where the folder should be')
    await unwritten.bury('it ended')
    expect(unwritten.said).toEqual([expect.stringContaining('its log could not be kept (')])
  })
})

describe('why it failed', () => {
  test('is told by the controller when the agent never got through', async () => {
    const { stage, said, path, bury } = await bench(['INFO: Failed to connect: Handshake error.'])
    stage.jenkins.store.delete('ann-1')
    stage.jenkins.probeWebSocket = async () => 'unknown-node'
    stage.jenkins.inboundSecret = async () => new Secret('some-secret-of-it')
    await bury('its agent did not connect in time')
    expect(said).toEqual([
      `warning: ann-1: its agent did not connect in time (the controller has no node of this name any more); its last lines are in ${path}`,
    ])
  })

  test('is told by its log when the controller would have let it in', async () => {
    const { said, bury } = await bench(['java.net.ConnectException: Connection refused'])
    await bury('its agent did not connect in time')
    expect(said[0]).toContain('set controller.agentUrl to an address that containers can reach')
  })

  test('is told by its log when the controller cannot be asked', async () => {
    const { stage, said, path, bury } = await bench(['java.lang.UnsupportedClassVersionError: Launcher'])
    stage.jenkins.goAway()
    await bury('it ended by itself with exit code 1')
    expect(said[0]).toContain('the Java inside the image is too old')
    expect(said[0]).toContain(`its last lines are in ${path}`)
  })

  test('is not sought on the way in when it had been connected', async () => {
    const { stage, said, path, bury } = await bench(['a build ran wild'], { hasConnected: true })
    const before = stage.jenkins.calls.length
    await bury('it needed more memory than its label gives and was killed')
    expect(said).toEqual([
      `warning: ann-1: it needed more memory than its label gives and was killed; its last lines are in ${path}`,
    ])
    expect(stage.jenkins.calls.slice(before)).toEqual([])
  })
})
