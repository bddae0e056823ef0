import { describe, expect, test } from 'vitest'
import { useDockerHost } from '../../../support/docker-host.ts'

const engine = useDockerHost()

describe('a network', () => {
  test('takes a container with a fixed address and a name for it, also before its start', async () => {
    const { host } = engine
    const home = await engine.network()
    const fixed = await engine.network({ IPAM: { Config: [{ Subnet: await freeSubnet() }] } })
    const [{ Subnet }] = Object(await host.inspectNetwork(fixed)).IPAM.Config
    const address = String(Subnet).replace('.0/24', '.77')
    const id = await engine.make('exec sleep 60', { HostConfig: { NetworkMode: home } })
    await host.connect(fixed, id, { IPAMConfig: { IPv4Address: address }, Aliases: ['butler'] })
    await host.start(id)
    expect((await host.inspect(id))?.NetworkSettings).toMatchObject({
      Networks: {
        [home]: { IPAMConfig: null },
        [fixed]: {
          IPAMConfig: { IPv4Address: address },
          IPAddress: address,
          Aliases: expect.arrayContaining(['butler']),
        },
      },
    })
    const other = await engine.start('exec sleep 60', { HostConfig: { NetworkMode: fixed } })
    const asked = await host.exec(other, { command: ['ping', '-c', '1', '-W', '2', 'butler'] })
    expect(asked.stdout).toContain(address)

    await host.disconnect(fixed, id)
    await host.disconnect(fixed, id)
    await host.disconnect('footman-test-no-network', id)
    expect(Object(await host.inspect(id)).NetworkSettings.Networks).not.toHaveProperty(fixed)
  })

  test('with a name that is taken is a conflict; one that is gone is gone', async () => {
    const { host } = engine
    const name = await engine.network()
    await expect(host.createNetwork({ Name: name })).rejects.toMatchObject({ failure: 'conflict' })
    await host.removeNetwork(name)
    await host.removeNetwork(name)
    expect(await host.inspectNetwork(name)).toBeUndefined()
  })
})

describe('a volume', () => {
  test('is made with labels, found by them, and removed when nobody uses it', async () => {
    const { host } = engine
    const name = engine.name()
    const labels = { ...engine.labels, 'test.part': name }
    await host.createVolume(name, labels)
    await host.createVolume(name, labels)
    expect(await host.inspectVolume(name)).toMatchObject({ Name: name, Labels: labels })
    expect(await host.listVolumes({ 'test.part': name })).toEqual([name])
    const id = await engine.make('true', { HostConfig: { Binds: [`${name}:/kept`] } })
    await expect(host.removeVolume(name)).rejects.toMatchObject({ failure: 'conflict' })
    await host.remove(id, { volumes: true })
    await host.removeVolume(name)
    await host.removeVolume(name)
    expect(await host.inspectVolume(name)).toBeUndefined()
    expect(await host.listVolumes({ 'test.part': name })).toEqual([])
  })
})

/** A range that no network of this engine has; others may take it a moment later, which the retry of the test mends. */
async function freeSubnet(): Promise<string> {
  return `10.213.${Math.floor(Math.random() * 250)}.0/24`
}
