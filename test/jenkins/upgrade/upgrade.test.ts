import { describe, expect, onTestFinished, test } from 'vitest'
import { RemoteError, UserError } from '../../../core/errors.ts'
import { recover } from '../../../jenkins/upgrade/recover.ts'
import { upgrade } from '../../../jenkins/upgrade/upgrade.ts'
import { whatsNew } from '../../../jenkins/upgrade/whats-new.ts'
import { tempDir } from '../../support/temp-dir.ts'
import {
  type MemoryStage,
  memoryStage,
  name,
  reference,
  remoteDigest,
  type StageWishes,
} from './memory-stage.ts'

async function stageWith(wishes: Omit<StageWishes, 'stateFolder'> = {}): Promise<MemoryStage> {
  const stage = await memoryStage({ ...wishes, stateFolder: await tempDir() })
  onTestFinished(() => expect(stage.violations).toEqual([]))
  return stage
}

/** Names of the calls that changed something. */
function changesOf(stage: MemoryStage): string[] {
  const changes: string[] = []
  stage.onMoment = (what) => {
    if (what.startsWith('before')) changes.push(what.slice('before '.length))
  }
  return changes
}

describe('what there is to upgrade to', () => {
  test('when nothing is new, nothing is touched', async () => {
    const stage = await stageWith()
    await stage.host.tag(stage.oldImage, reference)
    const changes = changesOf(stage)
    expect(await upgrade(stage.options)).toMatchObject({ kind: 'up-to-date', transaction: undefined })
    expect(changes).toEqual([])
  })

  test('an image in the registry is found without pulling, then pulled, and the old one keeps a name', async () => {
    const stage = await stageWith({ inRegistry: true })
    expect(await whatsNew(stage.options)).toMatchObject({
      verdict: 'newer',
      newest: { digest: remoteDigest, from: 'registry' },
      running: { version: '1.0', digest: undefined },
    })
    const outcome = await upgrade(stage.options)
    expect(outcome).toMatchObject({ kind: 'upgraded', to: { version: '2.0', digest: remoteDigest } })
    const tags = (await stage.host.listImages({})).map(({ references }) => references)
    expect(tags).toEqual([[`example.com/jenkins:footman-rollback-${outcome.transaction}`], [reference]])
  })

  test('an image that failed is not tried again, unless it is forced or another one comes', async () => {
    const stage = await stageWith({ behaviour: 'broken', inRegistry: true })
    expect(await upgrade(stage.options)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('a stack trace'),
    })
    expect(await whatsNew(stage.options)).toMatchObject({
      failedBefore: { reason: expect.stringContaining('rehearsal') },
    })
    const changes = changesOf(stage)
    expect(await upgrade(stage.options)).toMatchObject({ kind: 'skipped' })
    expect(changes).toEqual([])
    expect(await upgrade({ ...stage.options, force: true })).toMatchObject({ kind: 'refused' })
    stage.host.setRemote(reference, {
      digest: `sha256:${'e'.repeat(64)}`,
      image: { Config: { Env: ['JENKINS_VERSION=3.0'] } },
    })
    stage.look = () => ({
      ...{ state: 'up', version: '3.0', session: 'one', quietingDown: false },
      ...{ plugins: undefined, jobs: undefined, onlineNodes: undefined },
    })
    expect(await upgrade(stage.options)).toMatchObject({ kind: 'upgraded' })
  })

  test('a registry that cannot be asked without pulling has the image pulled to see', async () => {
    const stage = await stageWith({ inRegistry: true })
    expect(await upgrade(stage.options)).toMatchObject({ kind: 'upgraded' })
    stage.host.setDigestsKnown(false)
    const outcome = await upgrade(stage.options)
    expect(outcome).toMatchObject({ kind: 'up-to-date' })
    const tags = (await stage.host.listImages({})).flatMap(({ references }) => references)
    expect(tags).not.toContain(`example.com/jenkins:footman-rollback-${outcome.transaction}`)
  })
})

describe('what is looked at before anything is touched', () => {
  test('a controller that is not healthy now is not upgraded', async () => {
    const stage = await stageWith()
    stage.look = () => ({ state: 'broken', reason: 'out of disk' })
    const changes = changesOf(stage)
    expect(await upgrade(stage.options)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('out of disk'),
    })
    expect(changes).toEqual([])
  })

  test("nor is one that the admin's own check does not like", async () => {
    const stage = await stageWith()
    stage.settings.upgrade.probe = ['sh', '-c', 'echo no login page; exit 3']
    expect(await upgrade(stage.options)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('no login page'),
    })
    expect(stage.entries).toEqual([])
  })

  test('a store that cannot hold the copies is said so', async () => {
    const stage = await stageWith()
    stage.homes.freeBytes = 100
    expect(await upgrade(stage.options)).toMatchObject({
      kind: 'refused',
      concerns: [{ severity: 'refuse' }],
      hint: expect.stringContaining('--no-rehearsal'),
    })
  })

  test('a dry run says what would be done and does none of it', async () => {
    const stage = await stageWith({ inRegistry: true })
    const changes = changesOf(stage)
    const outcome = await upgrade({ ...stage.options, dryRun: true })
    expect(outcome.kind).toBe('planned')
    expect(outcome.steps[0]).toBe(`pull ${reference}`)
    expect(changes).toEqual([])
  })

  test('before the first change the journal holds how to make the old container again', async () => {
    const stage = await stageWith()
    const changes = changesOf(stage)
    await upgrade(stage.options)
    expect(changes[0]).toBe('the entry begin')
    const [begin] = stage.entries
    expect(begin).toMatchObject({
      entry: 'begin',
      old: {
        policy: { Name: 'always' },
        recipe: {
          name,
          body: { Image: stage.oldImage, HostConfig: { Binds: ['jenkins_home:/var/jenkins_home'] } },
          connect: [{ network: 'front' }],
        },
      },
    })
  })
})

describe('builds that run', () => {
  const quiesce = (policy: 'wait' | 'skip' | 'force') => {
    return { upgrade: { ...base.upgrade, quiesce: { policy, deadlineMs: 10_000, message: 'soon' } } }
  }
  const base = {
    upgrade: {
      rehearsal: false,
      stopGraceMs: 1_000,
      gate: { deadlineMs: 60_000, looks: 1, intervalMs: 1_000, soakMs: 0 },
      mayMissPlugins: [],
      probe: [] as string[],
      probeTimeoutMs: 1_000,
    },
  }

  test('with the policy skip they are left alone, and nobody is told to hurry', async () => {
    const stage = await stageWith({ settings: quiesce('skip') })
    stage.builds.push('job/a/1/')
    const changes = changesOf(stage)
    expect(await upgrade(stage.options)).toMatchObject({
      kind: 'skipped',
      reason: expect.stringContaining('job/a/1/'),
    })
    expect(changes).not.toContain('quietDown')
    expect(changes).not.toContain('stop')
  })

  test('with the policy wait they are waited for until the deadline, and quiet mode is taken back', async () => {
    const stage = await stageWith({ settings: quiesce('wait') })
    stage.builds.push('job/a/1/')
    const changes = changesOf(stage)
    expect(await upgrade(stage.options)).toMatchObject({ kind: 'skipped' })
    expect(changes.filter((change) => /quiet/i.test(change))).toEqual(['quietDown', 'cancelQuietDown'])
    expect(changes).not.toContain('stop')
    expect(stage.quiet.size).toBe(0)
  })

  test('with the policy force the upgrade goes on at the deadline', async () => {
    const stage = await stageWith({ settings: quiesce('force') })
    stage.builds.push('job/a/1/')
    expect(await upgrade(stage.options)).toMatchObject({ kind: 'upgraded' })
  })

  test("quiet mode that is somebody else's is not taken back", async () => {
    const stage = await stageWith({ settings: quiesce('wait') })
    stage.builds.push('job/a/1/')
    stage.onMoment = (what) => {
      const [id] = stage.quiet.keys()
      if (what === 'after quietDown' && id) stage.quiet.set(id, 'the disk is being replaced')
    }
    await upgrade(stage.options)
    expect([...stage.quiet.values()]).toEqual(['the disk is being replaced'])
  })
})

describe('what goes wrong in the middle', () => {
  test("the admin's own check that fails brings the old one back", async () => {
    const stage = await stageWith()
    stage.settings.upgrade.probe = ['sh', '-c', 'echo no login page; [ "$FOOTMAN_VERSION" = 1.0 ]']
    const outcome = await upgrade(stage.options)
    expect(outcome).toMatchObject({ kind: 'rolled-back', reason: expect.stringContaining('no login page') })
    expect(stage.homes.content).toBe('the home')
    expect([...stage.homes.failed.values()]).toEqual(['the home, migrated'])
  })

  test('a disk that is full at the last copy brings the old one back, and blames nobody', async () => {
    const stage = await stageWith()
    stage.homes.onChange = (call) => {
      if (call === 'snapshot') throw new UserError('no space left in the store', { hint: 'free some' })
    }
    expect(await upgrade(stage.options)).toMatchObject({
      kind: 'rolled-back',
      reason: 'no space left in the store',
      hint: 'free some',
    })
    expect((await whatsNew(stage.options)).failedBefore).toBeUndefined()
    expect((await stage.host.inspect(name))?.State.Running).toBe(true)
  })

  test('a new version that has failed is not kept while the backup is read again', async () => {
    const stage = await stageWith({ behaviour: 'broken, but not in a rehearsal' })
    const verify = (_id: string, signal?: AbortSignal) =>
      new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const keeperOf = () => ({ ...stage.homes.keeper(), verify })
    expect(await upgrade({ ...stage.options, keeperOf })).toMatchObject({ kind: 'rolled-back' })
  })

  test('a signal is obeyed when all is undone', async () => {
    const stage = await stageWith()
    const abort = new AbortController()
    stage.onMoment = (what) => {
      if (what === 'after start') abort.abort(new Error('stopped by SIGTERM'))
    }
    await expect(upgrade({ ...stage.options, noRehearsal: true, signal: abort.signal })).rejects.toThrow(
      'SIGTERM',
    )
    expect(await stage.host.inspect(name)).toMatchObject({ Image: stage.oldImage, State: { Running: true } })
    expect(stage.homes.content).toBe('the home')
  })

  test('an engine that stays away while it is undone puts the rest off, and recover goes on', async () => {
    const stage = await stageWith({ behaviour: 'broken, but not in a rehearsal' })
    let isAway = false
    stage.host.onCall(() => {
      if (isAway)
        throw new RemoteError('unreachable', 'the engine does not answer', { hint: 'start dockerd' })
    })
    stage.onMoment = (what) => {
      if (what === 'after the entry undo') isAway = true
    }
    expect(await upgrade(stage.options)).toMatchObject({
      kind: 'deferred',
      reason: expect.stringContaining('the engine does not answer'),
      hint: 'start dockerd; then footman jenkins recover',
    })
    isAway = false
    expect(await recover(stage.options)).toMatchObject({ kind: 'rolled-back' })
    expect(await stage.host.inspect(name)).toMatchObject({ Image: stage.oldImage, State: { Running: true } })
    expect(await recover(stage.options)).toBeUndefined()
  })

  test('helpers that a footman killed before its first entry has left are ended', async () => {
    const stage = await stageWith()
    const Labels = { 'footman.controller': name, 'footman.role': 'helper' }
    await stage.host.create('helper', { Image: reference, Labels })
    await stage.host.create('other', {
      Image: reference,
      Labels: { ...Labels, 'footman.controller': 'other' },
    })
    expect(await recover(stage.options)).toBeUndefined()
    const names = stage.host.containers().map((container) => container.Name)
    expect(names.sort()).toEqual([`/${name}`, '/other'])
  })

  test('two at once: the second is told who is at it', async () => {
    const stage = await stageWith()
    let second: unknown
    stage.host.onChange(async ({ name: call }) => {
      if (call === 'stop') second ??= await upgrade(stage.options).catch((error: unknown) => error)
    })
    expect(await upgrade(stage.options)).toMatchObject({ kind: 'upgraded' })
    expect(second).toMatchObject({ code: 'lock-held', exitCode: 4 })
  })
})
