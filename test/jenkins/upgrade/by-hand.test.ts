import { readFile, stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { filesOf, namesOf } from '../../../jenkins/upgrade/names.ts'
import { rollback } from '../../../jenkins/upgrade/rollback.ts'
import { upgrade } from '../../../jenkins/upgrade/upgrade.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { memoryStage, name, reference } from './memory-stage.ts'

test('the commands that make the old container again are on the disk before anything is touched, for the owner alone', async () => {
  const stage = await memoryStage({ stateFolder: await tempDir(), behaviour: 'broken' })
  const { oldContainer } = filesOf(stage.options.stateFolder, name)
  let atFirstChange: string | undefined
  stage.host.onChange(async ({ name: call }, when) => {
    if (when === 'before' && /^(rename|stop|setRestartPolicy)$/.test(call)) {
      atFirstChange ??= await readFile(oldContainer, 'utf8')
    }
  })
  await upgrade({ ...stage.options, noRehearsal: true })
  expect(atFirstChange).toContain(`docker create --name ${name} `)
  expect(atFirstChange).toContain('jenkins_home:/var/jenkins_home')
  expect((await stat(oldContainer)).mode & 0o777).toBe(0o600)
})

test('another container that writes to the same home is told of', async () => {
  const stage = await memoryStage({ stateFolder: await tempDir() })
  const body = { Image: reference, HostConfig: { Binds: ['jenkins_home:/elsewhere'] } }
  await stage.host.start(await stage.host.create('scribe', body))
  const { concerns } = await upgrade({ ...stage.options, dryRun: true })
  expect(concerns).toMatchObject([
    { severity: 'warn', message: expect.stringContaining('scribe runs as well') },
  ])
})

test('a home that has moved since is what a rollback puts back, whatever the old container had', async () => {
  const stage = await memoryStage({ stateFolder: await tempDir() })
  const first = await upgrade(stage.options)
  const { old } = namesOf(name, first.transaction ?? '')
  const kept = await stage.host.inspect(old)
  expect(kept?.Mounts).toMatchObject([{ Name: 'jenkins_home' }])
  const now = await stage.host.inspect(name)
  const moved = {
    ...now?.Config,
    HostConfig: { ...now?.HostConfig, Binds: ['jenkins_moved:/var/jenkins_home'], Mounts: [] },
  }
  await stage.host.createVolume('jenkins_moved', {})
  await stage.host.remove(name)
  await stage.host.start(await stage.host.create(name, moved))
  expect(await rollback(stage.options)).toMatchObject({ kind: 'restored' })
  expect((await stage.host.inspect(name))?.Mounts).toMatchObject([{ Name: 'jenkins_moved' }])
})
