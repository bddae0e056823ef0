import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerHost } from '../../core/container-host.ts'
import { packFiles } from '../../core/docker/archive.ts'
import { connectDockerHost } from '../../core/docker.ts'
import { createLog } from '../../core/log.ts'
import { homeKeeper } from '../../jenkins/home/keeper.ts'
import { jenkinsIn, probeIn } from '../../jenkins/reach.ts'
import type { UpgradeOptions } from '../../jenkins/upgrade/contract.ts'
import { history } from '../../jenkins/upgrade/history.ts'
import { rollback } from '../../jenkins/upgrade/rollback.ts'
import { upgrade } from '../../jenkins/upgrade/upgrade.ts'
import { until } from '../support/until.ts'
import { campaignSettings } from './upgrade/settings.ts'

/**
 * An upgrade and a rollback of a controller made of two images of yours, which have to be on this machine. Nothing else is touched:
 * container, volumes and tag are called footman-test-… and are removed again.
 */
const { FOOTMAN_TEST_CONTROLLER_IMAGE: oldImage, FOOTMAN_TEST_CONTROLLER_NEW_IMAGE: newImage } = process.env

if (!oldImage || !newImage) {
  process.stderr.write(
    'skipped: no controller images are named; set FOOTMAN_TEST_CONTROLLER_IMAGE and FOOTMAN_TEST_CONTROLLER_NEW_IMAGE, ' +
      'e.g. to jenkins/jenkins:2.492.1-lts and jenkins/jenkins:2.504.1-lts\n',
  )
}

describe.skipIf(!oldImage || !newImage)(`a controller of ${oldImage}, upgraded to ${newImage}`, () => {
  const name = `footman-test-${randomBytes(4).toString('hex')}`
  const settings = campaignSettings(name)
  let host: ContainerHost
  let options: UpgradeOptions
  let first = ''

  beforeAll(async () => {
    host = await connectDockerHost()
    settings.upgrade.gate = { deadlineMs: 300_000, looks: 2, intervalMs: 1_000, soakMs: 3_000 }
    settings.upgrade.rehearsal = true
    options = {
      settings,
      host,
      stateFolder: await mkdtemp(join(tmpdir(), 'footman-upgrade-')),
      keeperOf: (places) => homeKeeper({ host, places }),
      probeOf: (container) => probeIn({ host, container, account: undefined }),
      jenkinsIn: (container) => jenkinsIn({ host, container, account: undefined }),
      log: createLog(),
    }
    await host.tag(oldImage ?? '', settings.image)
    await host.createVolume(settings.home, {})
    const id = await host.create(name, {
      Image: settings.image,
      // A fresh home would ask to be set up.
      Env: ['JAVA_OPTS=-Djenkins.install.runSetupWizard=false'],
      HostConfig: {
        Binds: [`${settings.home}:/var/jenkins_home`],
        RestartPolicy: { Name: 'unless-stopped' },
      },
    })
    await host.putArchive(id, '/var/jenkins_home', Readable.from([await usedHome()]))
    await host.start(id)
    first = await versionOf(options)
  }, 360_000)

  afterAll(async () => {
    for (const container of await host.list({})) {
      if (container.name.startsWith(name)) await host.remove(container.id, { volumes: true })
    }
    for (const volume of [settings.home, settings.backups.store]) await host.removeVolume(volume)
    for (const { references } of await host.listImages({})) {
      for (const reference of references.filter((one) => one.startsWith(`footman-campaign/${name}:`))) {
        await host.removeImage(reference)
      }
    }
    await rm(options.stateFolder, { recursive: true, force: true })
  }, 120_000)

  it('is rehearsed, upgraded and healthy', async () => {
    await host.tag(newImage ?? '', settings.image)
    const outcome = await upgrade(options)
    expect(outcome).toMatchObject({ kind: 'upgraded', from: { version: first } })
    expect(await versionOf(options)).toBe(outcome.to?.version)
  })

  it('goes back to the version and the home that it had', async () => {
    const outcome = await rollback(options)
    expect(outcome).toMatchObject({ kind: 'restored', to: { version: first } })
    expect(await versionOf(options)).toBe(first)
    expect((await history(options)).map(({ outcome: ended }) => ended)).toEqual(['restored', 'upgraded'])
  })
})

/** Which version ran here last is what tells a used home. */
async function usedHome(): Promise<Buffer> {
  const file = { mode: 0o644, uid: 1000, gid: 1000 }
  return await packFiles([
    { ...file, name: 'jenkins.install.InstallUtil.lastExecVersion', content: Buffer.from('2.0') },
    { ...file, name: 'jenkins.install.UpgradeWizard.state', content: Buffer.from('2.0') },
  ])
}

async function versionOf({ probeOf, settings }: UpgradeOptions): Promise<string> {
  const probe = probeOf(settings.name)
  const answers = async () => {
    const sight = await probe.look()
    return sight.state === 'up' ? sight.version : undefined
  }
  return await until('the controller answers', answers, { withinMs: 300_000, everyMs: 500 })
}
