import { describe, expect, test } from 'vitest'
import { hostContract } from './host-contract.ts'
import { type HostFake, hostFake } from './host-fake.ts'

describe('the fake engine keeps the contract:', () => {
  const host = hostFake()
  let made = 0
  host.addImage('box:1', { Config: { User: 'jenkins', Volumes: { '/home/jenkins/agent': {} } } })
  host.onStart(({ Id, Config }) => {
    const [, code] = /^exit (\d+)$/.exec(String(Object(Config.Cmd)[0])) ?? []
    if (code !== undefined) queueMicrotask(() => host.exit(Id, Number(code)))
  })
  hostContract({ host, image: 'box:1', labels: { test: '1' }, port: '8080', name: () => `fake-${++made}` })
})

function stage(): HostFake {
  const host = hostFake()
  host.addImage('box:1')
  return host
}

async function running(host: HostFake, name: string, policy: string, ports: object = {}): Promise<string> {
  const HostConfig = { RestartPolicy: { Name: policy, MaximumRetryCount: 0 }, PortBindings: { ...ports } }
  const ExposedPorts = Object.fromEntries(Object.keys(ports).map((port) => [port, {}]))
  const id = await host.create(name, { Image: 'box:1', ExposedPorts, HostConfig })
  await host.start(id)
  return id
}

const alive = async (host: HostFake, name: string) => (await host.inspect(name))?.State.Running === true

describe('hooks', () => {
  test('let a change fail before or after it was made', async () => {
    const host = stage()
    const id = await running(host, 'a', 'no')
    let at: 'before' | 'after' = 'before'
    host.onChange(({ name }, when) => {
      if (name === 'rename' && when === at) throw new Error('killed')
    })
    await expect(host.rename(id, 'b')).rejects.toThrow('killed')
    expect(await host.inspect('b')).toBeUndefined()
    at = 'after'
    await expect(host.rename(id, 'b')).rejects.toThrow('killed')
    expect(await host.inspect('b')).toMatchObject({ Id: id })
    expect(host.calls.map(({ name }) => name)).toEqual([
      'create',
      'start',
      'rename',
      'inspect',
      'rename',
      'inspect',
    ])
  })

  test('hear of looks only where they ask for them', async () => {
    const host = stage()
    const heard: string[] = []
    host.onChange(({ name }, when) => void heard.push(`${when} ${name}`))
    await host.inspect('a')
    await host.createVolume('v', {})
    expect(heard).toEqual(['before createVolume', 'after createVolume'])
    host.onCall(({ name }) => {
      if (name === 'inspect') throw new Error('away')
    })
    await expect(host.inspect('a')).rejects.toThrow('away')
  })
})

describe('restart policies', () => {
  test('bring back a process that ended by itself', async () => {
    const host = stage()
    for (const [policy, code, isBack] of [
      ['no', 1, false],
      ['always', 0, true],
      ['unless-stopped', 0, true],
      ['on-failure', 0, false],
      ['on-failure', 1, true],
    ] as const) {
      const id = await running(host, `${policy}-${code}`, policy)
      host.exit(id, code)
      expect([policy, code, await alive(host, id)]).toEqual([policy, code, isBack])
      expect((await host.inspect(id))?.RestartCount).toBe(isBack ? 1 : 0)
    }
  })

  test('decide who is back after the engine went down', async () => {
    const host = stage()
    for (const policy of ['no', 'always', 'unless-stopped']) {
      await running(host, policy, policy)
      await host.stop(await running(host, `${policy}-stopped`, policy), 1)
      await host.create(`${policy}-new`, { Image: 'box:1', HostConfig: { RestartPolicy: { Name: policy } } })
    }
    host.restartEngine()
    const back = host.containers().filter(({ State }) => State.Running)
    expect(back.map(({ Name }) => Name).sort()).toEqual(['/always', '/always-stopped', '/unless-stopped'])
  })
})

test('two containers cannot have one port of the host', async () => {
  const host = stage()
  const ports = { '8080/tcp': [{ HostIp: '', HostPort: '8080' }] }
  const first = await running(host, 'a', 'no', ports)
  await expect(running(host, 'b', 'no', ports)).rejects.toThrow(/port is already allocated/)
  await host.stop(first, 1)
  await host.start('b')
  expect((await host.inspect('b'))?.NetworkSettings.Ports).toEqual(ports)
})

test('a container that removes itself is gone with its volumes when it ends', async () => {
  const host = hostFake()
  host.addImage('box:1', { Config: { Volumes: { '/data': {} } } })
  const id = await host.create('a', { Image: 'box:1', HostConfig: { AutoRemove: true } })
  await host.start(id)
  expect(host.volumes()).toHaveLength(1)
  await host.stop(id, 1)
  expect(host.containers()).toEqual([])
  expect(host.volumes()).toEqual([])
})

test('a pull brings what the registry has, which its digest told before', async () => {
  const host = stage()
  expect(await host.remoteDigest('box:1')).toBeUndefined()
  await expect(host.pull('box:1', () => {})).rejects.toMatchObject({ code: 'user' })
  host.setRemote('box:1', { digest: 'sha256:new', image: { Config: { Env: ['V=2'] } } })
  expect(await host.remoteDigest('box:1')).toMatchObject({ digest: 'sha256:new' })
  const before = await host.inspectImage('box:1')
  await host.pull('box:1', () => {})
  const after = await host.inspectImage('box:1')
  expect(after).toMatchObject({ RepoDigests: ['box@sha256:new'], Config: { Env: ['V=2'] } })
  expect(after?.Id).not.toBe(before?.Id)
  expect(await host.inspectImage(before?.Id ?? '')).toMatchObject({ RepoTags: [] })
  await host.pull('box:1', () => {})
  expect((await host.inspectImage('box:1'))?.Id).toBe(after?.Id)
  host.setDigestsKnown(false)
  expect(await host.remoteDigest('box:1')).toBeUndefined()
})

test('programs answer as the test says', async () => {
  const host = stage()
  await running(host, 'a', 'no')
  host.onExec(({ Name }, { command }) => ({ code: 7, stdout: `${Name} ${command.join(' ')}`, stderr: '' }))
  expect(await host.exec('a', { command: ['id', '-u'] })).toMatchObject({ code: 7, stdout: '/a id -u' })
  await expect(host.openExec('a', ['sh'])).rejects.toMatchObject({ failure: 'unreachable' })
})
