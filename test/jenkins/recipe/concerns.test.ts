import { describe, expect, test } from 'vitest'
import type { LayerChange, RawContainer } from '../../../core/container-host.ts'
import { concernsOf } from '../../../jenkins/recipe/concerns.ts'
import { recorded } from '../../support/inspect-recordings.ts'

const concerns = (container: RawContainer, changes: LayerChange[] = []) => concernsOf({ container, changes })

test.each(['usual', 'anonymous-home', 'own-network', 'limits', 'hardened', 'shared-namespaces'])(
  'nothing speaks against %s',
  (name) => {
    expect(concerns(recorded(name))).toEqual([])
  },
)

test.each([
  ['removes-itself', /--rm/],
  ['layer-home', /its home \/srv\/jenkins lies in the container itself/],
  ['tmpfs-home', /its home \/srv\/jenkins/],
])('%s is refused', (name, message) => {
  expect(concerns(recorded(name))).toEqual([
    { severity: 'refuse', message: expect.stringMatching(message), hint: expect.any(String) },
  ])
})

test.each([
  ['com.docker.swarm.service.name', /Swarm service ci_jenkins/, /docker service update/],
  ['io.kubernetes.pod.name', /Kubernetes pod ci_jenkins/, /manifest/],
])('a container that %s looks after is refused', (label, message, hint) => {
  const container = recorded('usual')
  Object(container.Config.Labels)[label] = 'ci_jenkins'
  expect(concerns(container)).toEqual([
    { severity: 'refuse', message: expect.stringMatching(message), hint: expect.stringMatching(hint) },
  ])
})

test('a container of compose is warned of', () => {
  expect(concerns(recorded('composed'))).toEqual([
    {
      severity: 'warn',
      message: expect.stringMatching(/project ci.*\/srv\/ci\/compose\.yaml/),
      hint: expect.stringMatching(/docker compose up/),
    },
  ])
})

test('mounts inside the home are told, because no backup holds them', () => {
  expect(concerns(recorded('mounts-in-home'))).toEqual([
    {
      severity: 'warn',
      message: expect.stringMatching(/^\/var\/jenkins_home\/workspace is a mount of its own/),
      hint: expect.any(String),
    },
  ])
})

describe('changes in the layer of the container', () => {
  const told = (changes: LayerChange[], name = 'usual') =>
    concerns(recorded(name), changes).map(({ message }) => message.replace(/^.*: /, ''))
  const change = (path: string, kind: LayerChange['kind'] = 'added') => ({ path, kind })

  test('are told, because the new one starts without', () => {
    expect(
      told([
        change('/etc', 'changed'),
        change('/etc/ssl', 'changed'),
        change('/etc/ssl/our.pem'),
        change('/usr/bin/tool', 'changed'),
        change('/opt/old', 'deleted'),
      ]),
    ).toEqual(['/etc/ssl/our.pem (added), /usr/bin/tool (changed), /opt/old (deleted)'])
  })

  test('are told once for a whole new folder, and shortened', () => {
    expect(told([change('/opt/a'), change('/opt/a/b'), change('/opt/a/b/c')])).toEqual(['/opt/a (added)'])
    const many = Array.from({ length: 13 }, (_, index) => change(`/opt/${index}`))
    expect(told(many)).toEqual([expect.stringMatching(/\/opt\/9 \(added\) and 3 more$/)])
  })

  test('that every container makes, or that come of its mounts, are not told', () => {
    const noise = ['/tmp', '/tmp/winstone.jar', '/run/x', '/var/log/a', '/etc/hosts', '/var/jenkins_home']
    expect(told(noise.map((path) => change(path)))).toEqual([])
    expect(told([change('/srv'), change('/srv/jenkins'), change('/srv/jenkins/x')], 'parent-home')).toEqual(
      [],
    )
    expect(told([change('/var', 'changed'), change('/var/log', 'changed'), change('/var/log/a')])).toEqual([])
  })

  test('beside a mount are told even if the engine made the folder for it', () => {
    const container = recorded('parent-home')
    Object(container.Mounts[0]).Destination = '/data/in/jenkins'
    container.Config.Env = ['JENKINS_HOME=/data/in/jenkins']
    const changes = [
      change('/data'),
      change('/data/in'),
      change('/data/in/jenkins'),
      change('/data/in/notes'),
    ]
    expect(concerns(container, changes)).toMatchObject([
      { severity: 'warn', message: expect.stringMatching(/: \/data\/in\/notes \(added\)$/) },
    ])
  })
})
