import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { JsonObject, RawContainer } from '../../../core/container-host.ts'
import { neighbourIdsOf, recipeOf } from '../../../jenkins/recipe/make-recipe.ts'
import type { Recipe } from '../../../jenkins/recipe/recipe.ts'
import { recorded, recordedImage, recordedNeighbour } from '../../support/inspect-recordings.ts'

const neighbours = { [recordedNeighbour()]: 'rec-other' }

function recipe(container: string | RawContainer, image: 'old' | 'bare' = 'old'): Recipe {
  return recipeOf({
    container: typeof container === 'string' ? recorded(container) : container,
    oldImage: recordedImage(image),
    newImage: recordedImage('new'),
    name: 'jenkins',
    reference: 'jenkins/jenkins:lts',
    neighbours,
  })
}

/** A recorded container with something changed. */
function changed(name: string, change: (container: RawContainer) => void): RawContainer {
  const container = recorded(name)
  change(container)
  return container
}

const host = (name: string | RawContainer) => recipe(name).body.HostConfig as JsonObject
const labelsOfTheTest = { 'footman-test': 'rec' }

describe('the image', () => {
  test('is named as people call it', () => {
    expect(recipe('usual').body.Image).toBe('jenkins/jenkins:lts')
  })

  test('keeps what is its own: a usual container repeats nothing of the old one', () => {
    expect(recipe('usual')).toMatchObject({ name: 'jenkins', connect: [] })
    const { HostConfig: _host, ...config } = recipe('usual').body
    expect(config).toEqual({
      Image: 'jenkins/jenkins:lts',
      Labels: labelsOfTheTest,
      ExposedPorts: { '8080/tcp': {}, '50000/tcp': {} },
      AttachStdout: true,
      AttachStderr: true,
    })
  })

  test('gives way to every setting of a person', () => {
    const { HostConfig: _host, ...config } = recipe('own-settings').body
    expect(config).toEqual({
      Image: 'jenkins/jenkins:lts',
      Hostname: 'butler',
      Domainname: 'example',
      User: '1001:50',
      WorkingDir: '/srv',
      Env: ['JAVA_OPTS=-Xmx1g -Dsay="hello"', 'LANG=de_DE.UTF-8', 'EMPTY='],
      Entrypoint: ['sh'],
      Cmd: ['-c', "sleep 3600; echo 'done'"],
      Labels: { ...labelsOfTheTest, team: 'ci', maintainer: 'us' },
      Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 7e9, Retries: 9 },
      StopSignal: 'SIGINT',
      StopTimeout: 99,
      ExposedPorts: { '9999/tcp': {} },
      Tty: true,
      OpenStdin: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      StdinOnce: true,
    })
  })

  test('says the rest where a person has set a part', () => {
    const { body } = recipe('image-settings')
    expect(body).toMatchObject({
      Cmd: ['--argumentsRealm.roles.jenkins=admin'],
      Healthcheck: { Interval: 7e9 },
    })
    expect(Object.keys(body.Healthcheck as object)).toEqual(['Interval'])
    expect(body).not.toHaveProperty('Entrypoint')
    expect(body).not.toHaveProperty('Env')
  })

  test('has no say in an entry point that comes without the command of its image', () => {
    const bare = changed('usual', ({ Config }) => {
      Config.Cmd = null
    })
    expect(recipe(bare).body).toMatchObject({ Entrypoint: recordedImage('old').Config.Entrypoint })
    expect(recipe(bare).body).not.toHaveProperty('Cmd')
  })

  test('may not move the home: the mount stays, so JENKINS_HOME stays', () => {
    const newImage = recordedImage('new')
    newImage.Config.Env = ['JENKINS_HOME=/jenkins']
    const parts = { oldImage: recordedImage('old'), newImage, name: 'jenkins', reference: 'x' }
    expect(recipeOf({ ...parts, container: recorded('usual') }).body.Env).toEqual([
      'JENKINS_HOME=/var/jenkins_home',
    ])
    const named = recipeOf({ ...parts, oldImage: recordedImage('bare'), container: recorded('parent-home') })
    expect(named.body.Env).toEqual(['JENKINS_HOME=/srv/jenkins/'])
  })

  test('health checks, shells and triggers of its own do not come along; those of a person do', () => {
    const container = changed('usual', ({ Config }) => {
      Config.Healthcheck = { ...(Config.Healthcheck as JsonObject), StartInterval: 3e9, StartPeriod: 60e9 }
      Config.Shell = ['/bin/bash', '-c']
      Config.OnBuild = ['RUN true']
    })
    expect(recipe(container).body).toMatchObject({
      Healthcheck: { StartInterval: 3e9, StartPeriod: 60e9 },
      Shell: ['/bin/bash', '-c'],
      OnBuild: ['RUN true'],
    })
    const oldImage = recordedImage('old')
    oldImage.Config = container.Config
    const parts = { container, oldImage, newImage: oldImage, name: 'a', reference: 'b' }
    const { body } = recipeOf(parts)
    for (const key of ['Healthcheck', 'Shell', 'OnBuild']) expect(body).not.toHaveProperty(key)
  })

  test('a health check that was switched off stays off', () => {
    const off = changed('usual', ({ Config }) => {
      Config.Healthcheck = { Test: ['NONE'] }
    })
    expect(recipe(off).body.Healthcheck).toEqual({ Test: ['NONE'] })
  })

  test('a grace of no seconds is a grace', () => {
    const hasty = changed('usual', ({ Config }) => {
      Config.StopTimeout = 0
    })
    expect(recipe(hasty).body.StopTimeout).toBe(0)
  })
})

describe('labels', () => {
  test('of footman itself are stripped, those of others stay, also those of compose', () => {
    const container = changed('composed', ({ Config }) => {
      Config.Labels = {
        ...(Config.Labels as JsonObject),
        'footman.transaction': 't',
        'footman.controller': 'c',
      }
    })
    expect(recipe(container).body.Labels).toEqual({
      ...labelsOfTheTest,
      'com.docker.compose.project': 'ci',
      'com.docker.compose.service': 'jenkins',
      'com.docker.compose.project.config_files': '/srv/ci/compose.yaml',
    })
  })
})

describe('volumes', () => {
  test('with a name keep their way of being mounted', () => {
    expect(host('usual').Binds).toEqual(['rec-home:/var/jenkins_home'])
    expect(host('usual')).not.toHaveProperty('Mounts')
  })

  test('without a name are held by the name that the engine gave them', () => {
    const container = recorded('anonymous-home')
    const [home] = container.Mounts
    expect(home?.Name).toMatch(/^[0-9a-f]{64}$/)
    expect(host(container).Binds).toEqual([`${home?.Name}:/var/jenkins_home`])
    expect(recipe(container).body).not.toHaveProperty('Volumes')
  })

  test('without a name among others are held as well, and a setting of each kind of mount stays', () => {
    const container = recorded('mounts-in-home')
    const nameAt = (path: string) => container.Mounts.find(({ Destination }) => Destination === path)?.Name
    expect(host(container).Binds).toEqual([`${nameAt('/scratch')}:/scratch`])
    expect(host(container).Mounts).toEqual([
      { Type: 'bind', Source: '/tmp', Target: '/var/jenkins_home/workspace' },
      { Type: 'volume', Source: nameAt('/cache'), Target: '/cache' },
      {
        Type: 'volume',
        Source: 'rec-home',
        Target: '/var/jenkins_home',
        VolumeOptions: { NoCopy: true, DriverConfig: {} },
      },
      { Type: 'tmpfs', Target: '/fast', TmpfsOptions: { SizeBytes: 1048576, Mode: 0o1770 } },
    ])
    expect(recipe(container).body.Volumes).toEqual({ '/scratch': {} })
  })

  test('of another container come from there, and are held by name', () => {
    const container = recorded('shared-namespaces')
    const shared = container.Mounts.find(({ Destination }) => Destination === '/shared')?.Name
    expect(host(container).VolumesFrom).toEqual(['rec-other:ro'])
    expect(host(container).Binds).toEqual([
      'rec-home:/var/jenkins_home',
      `${shared}:/shared:ro`,
      'rec-books:/books:ro',
    ])
  })

  test('at a path with a colon are mounted in the longer form', () => {
    const container = changed('anonymous-home', ({ Mounts }) => {
      Mounts.push({ Type: 'volume', Name: 'odd', Destination: '/a:b', RW: false })
    })
    expect(host(container).Mounts).toEqual([
      { Type: 'volume', Source: 'odd', Target: '/a:b', ReadOnly: true },
    ])
  })
})

describe('ports', () => {
  test('of the host that a person chose stay, and those that the engine chose from now on', () => {
    const container = recorded('usual')
    const [agents] = Object(container.NetworkSettings.Ports)['50000/tcp']
    expect(host(container).PortBindings).toEqual({
      '8080/tcp': [{ HostIp: '', HostPort: '8080' }],
      '50000/tcp': [{ HostIp: '127.0.0.1', HostPort: agents.HostPort }],
    })
    expect(Number(agents.HostPort)).toBeGreaterThan(1023)
  })

  test('that were all published stay where they came to be', () => {
    const container = recorded('anonymous-home')
    const [web] = Object(container.NetworkSettings.Ports)['8080/tcp']
    expect(host(container)).toMatchObject({
      PublishAllPorts: true,
      PortBindings: {
        '8080/tcp': [{ HostIp: '', HostPort: web.HostPort }],
        '50000/tcp': [{ HostIp: '', HostPort: expect.stringMatching(/^\d+$/) }],
      },
    })
  })

  test('that were all published stay published, whatever the new image exposes', () => {
    expect(recipe('anonymous-home').body.ExposedPorts).toEqual({ '8080/tcp': {}, '50000/tcp': {} })
  })

  test('of a container that does not run are left to the engine, as they were', () => {
    const { HostConfig } = recorded('stopped-with-chosen-ports')
    expect(host('stopped-with-chosen-ports').PortBindings).toEqual(HostConfig.PortBindings)
  })
})

describe('networks', () => {
  test('the first comes with the container, the others after; addresses, aliases and links stay', () => {
    const { body, connect } = recipe('own-network')
    expect(body.NetworkingConfig).toEqual({
      EndpointsConfig: {
        'rec-front': {
          IPAMConfig: { IPv4Address: '10.214.0.77' },
          Links: ['rec-other:db'],
          Aliases: ['butler'],
        },
      },
    })
    expect(connect).toEqual([
      { network: 'bridge', endpoint: {} },
      { network: 'rec-back', endpoint: { IPAMConfig: { IPv4Address: '10.214.1.78' }, Aliases: ['jenkins'] } },
    ])
    expect(host('own-network').NetworkMode).toBe('rec-front')
  })

  test('given by id are found by it, and called by name', () => {
    const container = recorded('own-network')
    container.HostConfig.NetworkMode = String(
      Object(container.NetworkSettings.Networks)['rec-front'].NetworkID,
    )
    expect(host(container).NetworkMode).toBe('rec-front')
    expect(recipe(container).connect.map(({ network }) => network)).toEqual(['bridge', 'rec-back'])
  })

  test('that were left later are not joined again', () => {
    const container = changed('own-network', ({ NetworkSettings, HostConfig }) => {
      HostConfig.NetworkMode = 'default'
      delete Object(NetworkSettings.Networks).bridge
    })
    expect(host(container).NetworkMode).toBe('rec-back')
    expect(recipe(container).connect).toMatchObject([{ network: 'rec-front' }])
  })

  test('of newer engines keep their driver options and the gateway that comes first', () => {
    const container = changed('own-network', ({ NetworkSettings }) => {
      const networks = Object(NetworkSettings.Networks)
      networks['rec-back'] = { ...networks['rec-back'], GwPriority: 3, DriverOpts: { mtu: '1400' } }
      networks.bridge = { ...networks.bridge, GwPriority: 0 }
    })
    expect(recipe(container).connect).toEqual([
      { network: 'bridge', endpoint: {} },
      {
        network: 'rec-back',
        endpoint: expect.objectContaining({ GwPriority: 3, DriverOpts: { mtu: '1400' } }),
      },
    ])
  })

  test('the default bridge needs no words', () => {
    expect(host('usual').NetworkMode).toBe('default')
    expect(recipe('usual').body).not.toHaveProperty('NetworkingConfig')
  })

  test('links are written as people do', () => {
    expect(host('bridge-links').Links).toEqual(['rec-other:db'])
  })

  test.each(['host-network', 'no-network'])('%s: there are no endpoints, and no MAC address', (name) => {
    const container = changed(name, ({ Config }) => {
      Config.MacAddress = '02:42:ac:11:00:98'
    })
    expect(host(container).NetworkMode).toBe(name === 'host-network' ? 'host' : 'none')
    expect(recipe(container).connect).toEqual([])
    expect(recipe(container).body).not.toHaveProperty('NetworkingConfig')
    expect(recipe(container).body).not.toHaveProperty('MacAddress')
  })

  test('a MAC address stays only if a person gave it', () => {
    expect(recipe('own-mac').body).toMatchObject({
      MacAddress: '02:42:ac:11:00:98',
      NetworkingConfig: { EndpointsConfig: { 'rec-front': { MacAddress: '02:42:ac:11:00:98' } } },
    })
    expect(JSON.stringify(recipe('own-network'))).not.toContain('MacAddress')
  })
})

describe('name spaces', () => {
  test('of another container are found by its name', () => {
    expect(neighbourIdsOf(recorded('shared-namespaces'))).toEqual([recordedNeighbour()])
    expect(neighbourIdsOf(recorded('usual'))).toEqual([])
    expect(host('shared-namespaces')).toMatchObject({
      NetworkMode: 'container:rec-other',
      IpcMode: 'container:rec-other',
      PidMode: 'container:rec-other',
    })
  })

  test('of another container or the machine come with its host name', () => {
    for (const name of ['shared-namespaces', 'privileged']) {
      expect(recipe(name).body).not.toHaveProperty('Hostname')
      expect(recipe(name).body).not.toHaveProperty('Domainname')
    }
  })

  test('a host name that is only the short id is left to the engine', () => {
    expect(recorded('usual').Config.Hostname).toBe(recorded('usual').Id.slice(0, 12))
    expect(recipe('usual').body).not.toHaveProperty('Hostname')
  })
})

describe('limits, devices, security and all else of HostConfig', () => {
  const names = readdirSync(new URL('../../fixtures/inspect', import.meta.url))
    .map((file) => file.replace(/\.json$/, ''))
    .filter((name) => name !== 'images')
  const treated = ['Binds', 'Mounts', 'PortBindings', 'Links', 'NetworkMode', 'IpcMode', 'PidMode']
  const gone = ['ContainerIDFile', 'KernelMemory', 'KernelMemoryTCP']

  test.each(names)('stay as they are: %s', (name) => {
    const before = Object.entries(recorded(name).HostConfig)
    const kept = before.filter(([key]) => ![...treated, ...gone].includes(key))
    expect(kept.length).toBeGreaterThan(50)
    const after = host(name)
    expect(Object.fromEntries(Object.entries(after).filter(([key]) => !treated.includes(key)))).toEqual(
      Object.fromEntries(kept),
    )
    for (const key of gone) expect(after).not.toHaveProperty(key)
  })

  test('that we have never heard of stay as well', () => {
    const container = changed('usual', ({ HostConfig, Config }) => {
      HostConfig.Novelty = { Much: [1] }
      Config.Novelty = 'yes'
    })
    expect(host(container).Novelty).toEqual({ Much: [1] })
    expect(recipe(container).body.Novelty).toBe('yes')
  })

  test('a limit of kernel memory that was set is not dropped silently', () => {
    const container = changed('limits', ({ HostConfig }) => {
      HostConfig.KernelMemory = 2 ** 26
    })
    expect(host(container).KernelMemory).toBe(2 ** 26)
  })

  test('nothing and "not at all" stay apart', () => {
    expect(host('privileged')).toMatchObject({ MaskedPaths: null, ReadonlyPaths: null, Privileged: true })
    expect(host('unconfined')).toMatchObject({ MaskedPaths: [], ReadonlyPaths: [] })
    expect(host('usual')).toMatchObject({ MemorySwappiness: null, OomKillDisable: false, PidsLimit: null })
  })

  test.each(names)('goes through a journal unchanged: %s', (name) => {
    const made = recipe(name, ['layer-home', 'tmpfs-home', 'parent-home'].includes(name) ? 'bare' : 'old')
    expect(JSON.parse(JSON.stringify(made))).toStrictEqual(made)
  })
})

test('the recipe shares nothing with what it was made from', () => {
  const container = recorded('own-network')
  const before = structuredClone(container)
  const made = recipe(container)
  Object(made.body.HostConfig).LogConfig.Type = 'none'
  Object(made.body.Labels).team = 'changed'
  expect(container).toEqual(before)
})
