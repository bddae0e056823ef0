import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ContainerHost, JsonObject } from '../../core/container-host.ts'
import { packFiles } from '../../core/docker/archive.ts'

/** Where the contract is tried: the real engine, or the fake. */
export interface HostStage {
  readonly host: ContainerHost
  /** An image on it that declares a volume at /home/jenkins/agent and the user jenkins. */
  readonly image: string
  /** A name that nobody else uses. */
  name(): string
  /** A port of the machine that nobody uses. */
  readonly port: string
  /** On all that is made, so that it can be removed at the end. */
  readonly labels: Record<string, string>
}

/**
 * What the fake engine and the real one have in common. The process of a container is said by its Cmd: `exec sleep 60`,
 * or `exit 3`.
 */
export function hostContract(stage: HostStage): void {
  const sleep = 'exec sleep 60'
  async function make(script: string, body: JsonObject = {}, name = stage.name()): Promise<string> {
    const Labels = { ...stage.labels, ...(body.Labels as Record<string, string> | undefined) }
    const common = { Image: stage.image, Entrypoint: ['sh', '-c'], Cmd: [script], StopTimeout: 1 }
    return await stage.host.create(name, { ...common, ...body, Labels })
  }
  async function start(script: string, body?: JsonObject): Promise<string> {
    const id = await make(script, body)
    await stage.host.start(id)
    return id
  }

  describe('inspect', () => {
    test('tells what was asked for, and the defaults of image and engine', async () => {
      const { host, image } = stage
      const name = stage.name()
      await host.createVolume(name, stage.labels)
      const id = await make(sleep, { Env: ['A=1'], HostConfig: { Binds: [`${name}:/kept:ro`] } }, name)
      const container = await host.inspect(name)
      expect(container).toMatchObject({
        Id: id,
        Name: `/${name}`,
        Image: (await host.inspectImage(image))?.Id,
        RestartCount: 0,
        State: { Status: 'created', Running: false, ExitCode: 0, StartedAt: '0001-01-01T00:00:00Z' },
        Config: {
          Image: image,
          Hostname: id.slice(0, 12),
          User: 'jenkins',
          Entrypoint: ['sh', '-c'],
          Cmd: [sleep],
          Labels: stage.labels,
          Volumes: { '/home/jenkins/agent': {} },
        },
        HostConfig: {
          Binds: [`${name}:/kept:ro`],
          NetworkMode: 'default',
          AutoRemove: false,
          RestartPolicy: { Name: '', MaximumRetryCount: 0 },
        },
      })
      expect(container?.Config.Env).toContain('A=1')
      const networks = Object(container?.NetworkSettings).Networks
      expect(networks).toMatchObject({ bridge: { IPAMConfig: null, Aliases: null } })
      const mounts = container?.Mounts.toSorted((a, b) =>
        String(a.Destination) < String(b.Destination) ? -1 : 1,
      )
      expect(mounts).toMatchObject([
        { Type: 'volume', Name: expect.stringMatching(/^[0-9a-f]{64}$/), Destination: '/home/jenkins/agent' },
        { Type: 'volume', Name: name, Destination: '/kept', RW: false },
      ])
    })

    test('follows the life of the container', async () => {
      const { host } = stage
      const id = await start(sleep)
      await host.start(id)
      expect(await host.inspect(id)).toMatchObject({ State: { Status: 'running', Running: true } })
      await host.stop(id, 0)
      await host.stop(id, 0)
      expect(await host.inspect(id)).toMatchObject({
        State: { Status: 'exited', Running: false, ExitCode: expect.any(Number) },
      })
      const done = await start('exit 3')
      expect(await host.wait(done)).toBe(3)
      expect(await host.wait(done)).toBe(3)
      await host.remove(id, { volumes: true })
      await host.remove(id)
      await host.stop(id, 0)
      expect(await host.inspect(id)).toBeUndefined()
    })
  })

  test('names are unique, and can be given away', async () => {
    const { host } = stage
    const name = stage.name()
    const first = await make(sleep, {}, name)
    await expect(make(sleep, {}, name)).rejects.toMatchObject({ failure: 'conflict' })
    await host.rename(name, `${name}-old`)
    const second = await make(sleep, {}, name)
    await expect(host.rename(first, name)).rejects.toMatchObject({ failure: 'conflict' })
    expect((await host.inspect(name))?.Id).toBe(second)
    expect((await host.inspect(`${name}-old`))?.Id).toBe(first)
    await expect(host.rename(stage.name(), stage.name())).rejects.toMatchObject({ failure: 'not-found' })
    expect((await host.inspect(first.slice(0, 12)))?.Id).toBe(first)
    expect(await host.inspect(first.slice(0, 11))).toBeUndefined()
    expect(await host.inspect(first.slice(1))).toBeUndefined()
  })

  test('a port of the host belongs to one container at a time, and only where the port inside is exposed', async () => {
    const { host } = stage
    const HostConfig = { PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: stage.port }] } }
    const ExposedPorts = { '8080/tcp': {} }
    await start(sleep, { HostConfig })
    const first = await start(sleep, { HostConfig, ExposedPorts })
    expect((await host.inspect(first))?.NetworkSettings.Ports).toEqual(HostConfig.PortBindings)
    const second = await make(sleep, { HostConfig, ExposedPorts })
    await expect(host.start(second)).rejects.toMatchObject({ failure: 'conflict' })
    expect(await host.inspect(second)).toMatchObject({ State: { Running: false } })
    await host.stop(first, 0)
    await host.start(second)
  })

  test('a restart policy changes at once', async () => {
    const id = await make(sleep, { HostConfig: { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } } })
    for (const Name of ['no', 'unless-stopped', ''] as const) {
      await stage.host.setRestartPolicy(id, { Name, MaximumRetryCount: 0 })
      expect((await stage.host.inspect(id))?.HostConfig.RestartPolicy).toEqual({
        Name: Name || 'no',
        MaximumRetryCount: 0,
      })
    }
  })

  test('containers are listed by their labels', async () => {
    const name = stage.name()
    const Labels = { part: name }
    const id = await make(sleep, { Labels }, name)
    const listed = await stage.host.list(Labels)
    expect(listed).toMatchObject([{ id, name, image: stage.image, labels: Labels, status: 'created' }])
  })

  test('what is not there is undefined, or an error where it is needed', async () => {
    const { host } = stage
    const nobody = stage.name()
    expect(await host.inspect(nobody)).toBeUndefined()
    expect(await host.inspectImage(nobody)).toBeUndefined()
    expect(await host.inspectNetwork(nobody)).toBeUndefined()
    expect(await host.inspectVolume(nobody)).toBeUndefined()
    expect(await host.removeImage(nobody)).toEqual({ removed: false })
    await host.removeNetwork(nobody)
    await host.removeVolume(nobody)
    await host.disconnect('bridge', nobody)
    await expect(host.start(nobody)).rejects.toMatchObject({ failure: 'not-found' })
    await expect(host.create(nobody, { Image: nobody })).rejects.toMatchObject({ code: 'user' })
    const id = await make(sleep, { HostConfig: { NetworkMode: nobody } })
    await expect(host.start(id)).rejects.toMatchObject({ code: 'user' })
  })

  test('anonymous volumes stay unless they are to go; volumes in use cannot', async () => {
    const { host } = stage
    const named = stage.name()
    const volumeOf = async (id: string) =>
      String((await host.inspect(id))?.Mounts.find(({ Destination }) => Destination !== '/kept')?.Name)
    const kept = await make(sleep)
    const gone = await make(sleep, { HostConfig: { Binds: [`${named}:/kept`] } })
    const [first, second] = [await volumeOf(kept), await volumeOf(gone)]
    await expect(host.removeVolume(named)).rejects.toMatchObject({ failure: 'conflict' })
    await host.remove(kept)
    await host.remove(gone, { volumes: true })
    expect(await host.inspectVolume(first)).toMatchObject({ Name: first })
    expect(await host.inspectVolume(second)).toBeUndefined()
    expect(await host.inspectVolume(named)).toMatchObject({ Name: named })
    for (const volume of [first, named]) await host.removeVolume(volume)
    expect(await host.inspectVolume(named)).toBeUndefined()
  })

  test('volumes are made once, with labels', async () => {
    const name = stage.name()
    const labels = { ...stage.labels, part: name }
    await stage.host.createVolume(name, labels)
    await stage.host.createVolume(name, labels)
    expect(await stage.host.inspectVolume(name)).toMatchObject({ Name: name, Labels: labels })
    expect(await stage.host.listVolumes({ part: name })).toEqual([name])
    await stage.host.removeVolume(name)
    expect(await stage.host.listVolumes({ part: name })).toEqual([])
  })

  test('networks take containers before their start, and go when nobody is on them', async () => {
    const { host } = stage
    const network = stage.name()
    const body = { Name: network, Internal: true, Labels: stage.labels }
    await host.createNetwork(body)
    await expect(host.createNetwork(body)).rejects.toMatchObject({ failure: 'conflict' })
    expect(await host.inspectNetwork(network)).toMatchObject(body)
    const id = await make(sleep)
    onTestFinished(async () => {
      await host.remove(id, { volumes: true })
      await host.removeNetwork(network)
    })
    await host.connect(network, id, { Aliases: ['butler'] })
    await host.connect(network, id, { Aliases: ['butler'] })
    await host.start(id)
    await expect(host.connect(network, id, {})).rejects.toMatchObject({ code: 'remote' })
    const networks = Object((await host.inspect(id))?.NetworkSettings).Networks
    expect(Object.keys(networks).sort()).toEqual(['bridge', network].sort())
    expect(networks[network].Aliases).toEqual(['butler', id.slice(0, 12)])
    await expect(host.removeNetwork(network)).rejects.toMatchObject({ code: 'remote' })
    await host.disconnect(network, id)
    await host.disconnect(network, id)
    await host.removeNetwork(network)
    expect(await host.inspectNetwork(network)).toBeUndefined()
  })

  test('images have names, and go with the last one that is not needed', async () => {
    const { host, image } = stage
    const Id = (await host.inspectImage(image))?.Id
    const second = `${stage.name()}:2`
    await host.tag(image, second)
    await host.tag(image, second)
    expect(await host.inspectImage(second)).toMatchObject({
      Id,
      RepoTags: expect.arrayContaining([image, second]),
    })
    await make(sleep)
    expect(await host.removeImage(second)).toEqual({ removed: true })
    expect(await host.removeImage(second)).toEqual({ removed: false })
    expect(await host.removeImage(image)).toEqual({ removed: false })
    expect((await host.inspectImage(image))?.Id).toBe(Id)
  })

  test('an image is built, found by its labels, and removed', async () => {
    const { host } = stage
    const reference = `${stage.name()}:1`
    const content = Buffer.from(`FROM ${stage.image}\nENV B=1\n`)
    const context = await packFiles([{ name: 'Dockerfile', content, mode: 0o644, uid: 0, gid: 0 }])
    const labels = { ...stage.labels, part: reference }
    const told: string[] = []
    const onProgress = (line: string) => void told.push(line)
    const id = await host.build(Readable.from([context]), { reference, labels, onProgress })
    expect(told.length).toBeGreaterThan(0)
    expect(await host.listImages({ part: reference })).toMatchObject([{ id, references: [reference] }])
    expect(await host.removeImage(reference)).toEqual({ removed: true })
    expect(await host.listImages({ part: reference })).toEqual([])
  })

  test('one endpoint at most comes with a create before API 1.44', async () => {
    const EndpointsConfig = { bridge: {}, other: {} }
    const { apiVersion } = await stage.host.facts()
    const making = make(sleep, {
      HostConfig: { NetworkMode: 'bridge' },
      NetworkingConfig: { EndpointsConfig },
    })
    if (Number(apiVersion.split('.')[1]) >= 44) await expect(making).resolves.toMatch(/^[0-9a-f]{64}$/)
    else await expect(making).rejects.toMatchObject({ failure: 'rejected', status: 400 })
  })

  test('archives go in and come out, also of a container that does not run', async () => {
    const id = await make(sleep)
    const content = Buffer.from('from outside')
    const tar = await packFiles([{ name: 'note', content, mode: 0o644, uid: 0, gid: 0 }])
    await stage.host.putArchive(id, '/tmp', Readable.from([tar]))
    expect(await text(await stage.host.getArchive(id, '/tmp/note'))).toContain('from outside')
    await expect(stage.host.getArchive(id, '/tmp/none')).rejects.toMatchObject({ failure: 'not-found' })
  })

  test('programs run only where something runs', async () => {
    const { host } = stage
    const id = await make(sleep)
    await expect(host.exec(id, { command: ['sh', '-c', 'exit 0'] })).rejects.toMatchObject({
      failure: 'conflict',
    })
    await host.start(id)
    expect(await host.exec(id, { command: ['sh', '-c', 'exit 0'] })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
  })

  test('who gave up gets no answer', async () => {
    const id = await start(sleep)
    const given = AbortSignal.abort(new Error('enough'))
    await expect(stage.host.inspect(id, given)).rejects.toThrow('enough')
    await expect(stage.host.rename(id, stage.name(), given)).rejects.toThrow('enough')
    const abort = new AbortController()
    const waiting = stage.host.wait(id, abort.signal)
    setTimeout(() => abort.abort(new Error('enough')), 20)
    await expect(waiting).rejects.toThrow('enough')
  })
}
