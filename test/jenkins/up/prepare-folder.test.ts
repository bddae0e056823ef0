import { expect, it } from 'vitest'
import { prepareFolder } from '../../../jenkins/up/prepare-folder.ts'
import { type HostFake, hostFake } from '../../support/host-fake.ts'

const request = {
  folder: '/srv/jenkins',
  controller: 'jenkins',
  image: 'jenkins:1',
  signal: new AbortController().signal,
}

/** Helpers end at once: as root, then as the user of the image, with these exit codes. */
function stage(asRoot: number, asJenkins: number): HostFake {
  const host = hostFake()
  host.addImage('jenkins:1', { Config: { User: 'jenkins', Volumes: { '/var/jenkins_home': {} } } })
  host.onStart(({ Id, Config }) => {
    const code = Config.User === '0' ? asRoot : asJenkins
    if (code !== 0) host.say(Id, 'touch: .footman: Permission denied\n')
    queueMicrotask(() => host.exit(Id, code))
  })
  return host
}

it('gives the folder away and tries it, in containers that see nothing else and leave nothing', async () => {
  const host = stage(0, 0)
  await prepareFolder(host, request)
  const bodies = host.calls.filter(({ name }) => name === 'create').map(({ args }) => args[1])
  expect(bodies).toMatchObject([
    { User: '0', HostConfig: { Binds: ['/srv/jenkins:/home-of-jenkins'], NetworkMode: 'none' } },
    { HostConfig: { Binds: ['/srv/jenkins:/home-of-jenkins'], NetworkMode: 'none' } },
  ])
  expect(host.containers()).toEqual([])
  expect(host.volumes()).toEqual([])
})

it('refuses one that Jenkins cannot write to, with the cure', async () => {
  const host = stage(0, 1)
  await expect(prepareFolder(host, request)).rejects.toMatchObject({
    message: 'Jenkins cannot write to /srv/jenkins: touch: .footman: Permission denied',
    hint: 'give it to the user of the image: sudo chown -R 1000:1000 /srv/jenkins',
  })
  expect(host.containers()).toEqual([])
})

it('takes away what a killed footman left behind', async () => {
  const host = stage(0, 0)
  await host.create('jenkins-helper-folder', { Image: 'jenkins:1' })
  await prepareFolder(host, request)
  expect(host.containers()).toEqual([])
})
