import { expect, it } from 'vitest'
import { helperBody } from '../../../jenkins/home/helper-body.ts'

const image = {
  Id: 'sha256:1',
  RepoTags: [],
  RepoDigests: [],
  Config: { Volumes: { '/var/jenkins_home': {} } },
}

it('mounts volumes by name without filling them, and folders by path, the home so that nothing can write to it', () => {
  const places = { controller: 'butler', home: 'jenkins_home', store: '/srv/back ups', image: 'jenkins' }
  expect(helperBody(image, { a: 'b' }, { places, changesHome: false, target: 'copy' })).toMatchObject({
    Image: 'sha256:1',
    Labels: { a: 'b' },
    User: '0:0',
    HostConfig: {
      Binds: ['/srv/back ups:/store'],
      Mounts: [
        {
          Type: 'volume',
          Source: 'jenkins_home',
          Target: '/home-of-jenkins',
          ReadOnly: true,
          VolumeOptions: { NoCopy: true },
        },
        { Type: 'volume', Source: 'copy', Target: '/target', VolumeOptions: { NoCopy: true } },
      ],
      NetworkMode: 'none',
      Tmpfs: { '/var/jenkins_home': '' },
    },
  })
})

it('names a store with a colon in its path the longer way', () => {
  const places = { controller: 'butler', home: '/home', store: '/srv/a:b', image: 'jenkins' }
  const { HostConfig } = helperBody({ ...image, Config: {} }, {}, { places, changesHome: true })
  expect(HostConfig).toMatchObject({
    Binds: [],
    Mounts: [
      { Type: 'bind', Source: '/home', ReadOnly: false },
      { Type: 'bind', Source: '/srv/a:b', Target: '/store' },
    ],
    Tmpfs: {},
  })
})

it.each([
  ['/srv/home', '/srv/home/backups'],
  ['/srv/backups/home', '/srv/backups'],
  ['/srv/x/', '/srv/x'],
])('refuses a home at %s with backups at %s', (home, store) => {
  const places = { controller: 'butler', home, store, image: 'jenkins' }
  expect(() => helperBody(image, {}, { places, changesHome: false })).toThrow(
    'must not lie within each other',
  )
})

it('takes names that only begin alike for different places', () => {
  const places = { controller: 'butler', home: '/srv/home', store: '/srv/home-backups', image: 'jenkins' }
  expect(helperBody(image, {}, { places, changesHome: false })).toMatchObject({ User: '0:0' })
})
