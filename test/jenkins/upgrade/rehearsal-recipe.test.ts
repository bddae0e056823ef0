import { expect, test } from 'vitest'
import { rehearsalRecipe } from '../../../jenkins/upgrade/rehearsal-recipe.ts'

const stand = {
  home: { source: 'jenkins_home', kind: 'volume' as const, target: '/var/jenkins_home', anonymous: false },
  controller: 'jenkins',
  transaction: 't1',
  name: 'jenkins-rehearsal-t1',
}

test('a rehearsal gets the copy of the home and no other way to reach or to change anything', () => {
  const recipe = {
    name: 'jenkins',
    connect: [{ network: 'front', endpoint: {} }],
    body: {
      Image: 'jenkins:lts',
      Env: ['A=b'],
      MacAddress: '02:42:ac:11:00:02',
      Labels: { team: 'ci' },
      NetworkingConfig: { EndpointsConfig: { back: { IPAMConfig: { IPv4Address: '10.0.0.5' } } } },
      HostConfig: {
        NetworkMode: 'back',
        PortBindings: { '8080/tcp': [{ HostIp: '', HostPort: '8080' }] },
        PublishAllPorts: true,
        RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
        Memory: 2 ** 30,
        PidMode: 'host',
        IpcMode: 'container:db',
        Links: ['/db:/jenkins/db'],
        Binds: [
          'jenkins_home:/var/jenkins_home',
          '/var/run/docker.sock:/var/run/docker.sock',
          '/run/:/host-run',
          '/etc/jenkins/casc.yaml:/casc.yaml:rw',
        ],
        Mounts: [
          { Type: 'volume', Source: 'cache', Target: '/cache' },
          { Type: 'tmpfs', Target: '/tmp' },
          { Type: 'bind', Source: '/run/podman/podman.sock', Target: '/engine' },
        ],
      },
    },
  }
  const { name, body, connect } = rehearsalRecipe(recipe, stand)
  expect({ name, connect }).toEqual({ name: 'jenkins-rehearsal-t1', connect: [] })
  expect(body).toEqual({
    Image: 'jenkins:lts',
    Env: ['A=b'],
    Labels: {
      'footman.controller': 'jenkins',
      'footman.transaction': 't1',
      'footman.role': 'rehearsal',
    },
    Hostname: 'rehearsal',
    HostConfig: {
      NetworkMode: 'none',
      ExtraHosts: ['rehearsal:127.0.0.1'],
      PublishAllPorts: false,
      AutoRemove: false,
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      Memory: 2 ** 30,
      PidMode: '',
      IpcMode: '',
      Binds: ['jenkins-rehearsal-t1:/var/jenkins_home', '/etc/jenkins/casc.yaml:/casc.yaml:ro'],
      Mounts: [
        { Type: 'volume', Source: 'cache', Target: '/cache', ReadOnly: true },
        { Type: 'tmpfs', Target: '/tmp' },
      ],
    },
  })
})

test('a home that comes as a mount is replaced by its copy as well', () => {
  const body = {
    HostConfig: { Mounts: [{ Type: 'bind', Source: '/srv/home', Target: '/var/jenkins_home' }] },
  }
  expect(rehearsalRecipe({ name: 'jenkins', body, connect: [] }, stand).body.HostConfig).toMatchObject({
    Binds: ['jenkins-rehearsal-t1:/var/jenkins_home'],
    Mounts: [],
  })
})
