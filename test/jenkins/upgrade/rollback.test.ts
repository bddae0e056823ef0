import { expect, test } from 'vitest'
import { RemoteError } from '../../../core/errors.ts'
import { history } from '../../../jenkins/upgrade/history.ts'
import { prune } from '../../../jenkins/upgrade/prune.ts'
import { rollback } from '../../../jenkins/upgrade/rollback.ts'
import { upgrade } from '../../../jenkins/upgrade/upgrade.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { type MemoryStage, memoryStage, name } from './memory-stage.ts'

async function upgraded(): Promise<MemoryStage> {
  const stage = await memoryStage({ stateFolder: await tempDir() })
  expect(await upgrade(stage.options)).toMatchObject({ kind: 'upgraded' })
  return stage
}

test('it goes back to the image and the home of the backup, and keeps the present home', async () => {
  const stage = await upgraded()
  const outcome = await rollback(stage.options)
  expect(outcome).toMatchObject({ kind: 'restored', from: { version: '2.0' }, to: { version: '1.0' } })
  expect(await stage.host.inspect(name)).toMatchObject({ Image: stage.oldImage, State: { Running: true } })
  expect(stage.homes.content).toBe('the home')
  expect(stage.homes.store.get(outcome.backup ?? '')?.content).toBe('the home, migrated')
  expect(stage.violations).toEqual([])
})

test('the image gone back from is left alone by the next upgrade, and can be gone to by force', async () => {
  const stage = await upgraded()
  await rollback(stage.options)
  expect(await upgrade(stage.options)).toMatchObject({
    kind: 'skipped',
    reason: expect.stringContaining('gone back from'),
  })
  expect(await upgrade({ ...stage.options, force: true })).toMatchObject({ kind: 'upgraded' })
})

test('a rollback can be undone by a rollback to what it kept', async () => {
  const stage = await upgraded()
  const back = await rollback(stage.options)
  const again = await rollback({ ...stage.options, ...(back.backup && { backup: back.backup }) })
  expect(again).toMatchObject({ kind: 'restored', to: { version: '2.0' } })
  expect(stage.homes.content).toContain('migrated')
  expect((await stage.host.inspect(name))?.Image).toBe(stage.newImage)
})

test('an old version that does not come up any more leaves the present one on the present home', async () => {
  const stage = await upgraded()
  const { look } = stage
  stage.look = (container) => {
    const sight = look(container)
    return sight.state === 'up' && sight.version === '1.0' ? { state: 'broken', reason: 'rust' } : sight
  }
  expect(await rollback(stage.options)).toMatchObject({
    kind: 'rolled-back',
    reason: expect.stringContaining('rust'),
  })
  expect(await stage.host.inspect(name)).toMatchObject({ Image: stage.newImage, State: { Running: true } })
  expect(stage.homes.content).toContain('migrated')
})

test('a controller that is down can be rolled back', async () => {
  const stage = await upgraded()
  await stage.host.stop(name, 1)
  expect(await rollback(stage.options)).toMatchObject({ kind: 'restored' })
  expect((await stage.host.inspect(name))?.State.Running).toBe(true)
})

test('a controller that runs and does not answer can be rolled back, too', async () => {
  const stage = await upgraded()
  stage.onMoment = (what) => {
    if (what === 'before quietDown') throw new RemoteError('timeout', 'no answer')
  }
  expect(await rollback(stage.options)).toMatchObject({ kind: 'restored', to: { version: '1.0' } })
})

test('a backup that is not there is said so before anything is touched', async () => {
  const stage = await upgraded()
  await expect(rollback({ ...stage.options, backup: 'nonsense' })).rejects.toMatchObject({
    message: 'there is no backup nonsense',
    hint: 'footman jenkins backups lists them',
  })
})

test('of many upgrades the newest old container, the newest names and backups stay, and the last good ones', async () => {
  const stage = await upgraded()
  for (const version of ['3.0', '4.0', '5.0']) {
    stage.offer(version)
    expect(await upgrade({ ...stage.options, noRehearsal: true })).toMatchObject({ to: { version } })
  }
  const old = stage.host.containers().filter(({ Name }) => Name.includes('-old-'))
  expect(old).toHaveLength(1)
  const tags = (await stage.host.listImages({})).flatMap(({ references }) => references)
  expect(tags.filter((tag) => tag.includes('footman-rollback'))).toHaveLength(2)
  expect(stage.homes.store.size).toBe(4)

  stage.settings.backups.keep = 1
  const wanted = await prune({ ...stage.options, dryRun: true })
  expect(wanted.backups).toHaveLength(3)
  expect(stage.homes.store.size).toBe(4)
  expect(await prune(stage.options)).toEqual(wanted)
  expect(stage.homes.store.size).toBe(1)
  expect(await rollback(stage.options)).toMatchObject({ kind: 'restored' })
})

test('the history tells the newest first, also of a journal that was written by another process', async () => {
  const stage = await memoryStage({ stateFolder: await tempDir() })
  const { openJournal: _, ...options } = stage.options
  await upgrade(options)
  await rollback(options)
  expect(await history(options)).toMatchObject([
    {
      kind: 'rollback',
      outcome: 'restored',
      phase: 'commit',
      from: { version: '2.0' },
      to: { version: '1.0' },
    },
    {
      kind: 'upgrade',
      outcome: 'upgraded',
      phase: 'commit',
      from: { version: '1.0' },
      to: { version: '2.0' },
    },
  ])
})
