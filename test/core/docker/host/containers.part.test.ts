import { once } from 'node:events'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { packFiles } from '../../../../core/docker/archive.ts'
import { useDockerHost } from '../../../support/docker-host.ts'
import { until } from '../../../support/until.ts'

const engine = useDockerHost()
const sleep = 'exec sleep 60'

test('the engine says what it is and which API it speaks', async () => {
  expect(await engine.host.facts()).toEqual({
    name: expect.stringMatching(/\w/),
    version: expect.stringMatching(/^\d+\.\d+/),
    apiVersion: expect.stringMatching(/^1\.\d+$/),
    os: 'linux',
    arch: expect.stringMatching(/^(amd64|arm64)$/),
  })
})

describe('a container', () => {
  test('is inspected whole, by name or id', async () => {
    const name = engine.name()
    const id = await engine.make(sleep, { HostConfig: { Memory: 2 ** 26, ExtraHosts: ['a:1.2.3.4'] } }, name)
    const byName = await engine.host.inspect(name)
    expect(byName).toMatchObject({
      Id: id,
      Name: `/${name}`,
      Config: { Entrypoint: ['sh', '-c'], Labels: engine.labels },
      HostConfig: { Memory: 2 ** 26, ExtraHosts: ['a:1.2.3.4'] },
      Mounts: [{ Type: 'volume', Destination: '/home/jenkins/agent' }],
      GraphDriver: {},
    })
    expect(await engine.host.inspect(id)).toEqual(byName)
    expect(await engine.host.inspect(`${name}-not`)).toBeUndefined()
  })

  test('can be renamed while it runs, and its restart policy changed', async () => {
    const { host } = engine
    const id = await engine.start(sleep, { HostConfig: { RestartPolicy: { Name: 'always' } } })
    const name = engine.name()
    await host.rename(id, name)
    await host.setRestartPolicy(id, { Name: 'no', MaximumRetryCount: 0 })
    expect(await host.inspect(id)).toMatchObject({
      Name: `/${name}`,
      HostConfig: { RestartPolicy: { Name: 'no', MaximumRetryCount: 0 } },
      State: { Running: true },
    })
    await host.setRestartPolicy(id, { Name: 'on-failure', MaximumRetryCount: 3 })
    expect(await host.inspect(id)).toMatchObject({
      HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } },
    })
    await host.setRestartPolicy(id, { Name: '', MaximumRetryCount: 0 })
    expect(await host.inspect(id)).toMatchObject({ HostConfig: { RestartPolicy: { Name: 'no' } } })
  })

  test('with a name that is taken is a conflict, made or renamed', async () => {
    const name = engine.name()
    await engine.make(sleep, {}, name)
    const other = await engine.make(sleep)
    await expect(engine.make(sleep, {}, name)).rejects.toMatchObject({ failure: 'conflict' })
    await expect(engine.host.rename(other, name)).rejects.toMatchObject({ failure: 'conflict' })
  })

  test('tells which files of its own layer differ from the image', async () => {
    const id = await engine.start('touch /etc/group /new; rm /etc/passwd', { User: 'root' })
    await engine.host.wait(id)
    expect(await engine.host.changes(id)).toEqual(
      expect.arrayContaining([
        { path: '/etc', kind: 'changed' },
        { path: '/new', kind: 'added' },
        { path: '/etc/passwd', kind: 'deleted' },
      ]),
    )
    expect(await engine.host.changes(await engine.make('true'))).toEqual([])
  })

  test('keeps its anonymous volumes unless told otherwise', async () => {
    const { host } = engine
    const volume = async (id: string) => String((await host.inspect(id))?.Mounts[0]?.Name)
    const [kept, taken] = [await engine.make('true'), await engine.make('true')]
    const volumes = [await volume(kept), await volume(taken)] as const
    await host.remove(kept)
    await host.remove(taken, { volumes: true })
    await host.remove(taken)
    expect(await host.inspectVolume(volumes[0])).toMatchObject({ Name: volumes[0] })
    expect(await host.inspectVolume(volumes[1])).toBeUndefined()
    await host.removeVolume(volumes[0])
  })

  test('stops on its signal, or by force after the grace', async () => {
    const { host } = engine
    const kind = await engine.start("trap 'exit 7' TERM; while true; do sleep 0.1; done")
    const stubborn = await engine.start("trap '' TERM; while true; do sleep 0.1; done")
    await Promise.all([host.stop(kind, 5), host.stop(stubborn, 1)])
    expect(await host.wait(kind)).toBe(7)
    expect(await host.wait(stubborn)).toBe(137)
    await host.stop(kind, 1)
    await host.remove(kind, { volumes: true })
    await host.stop(kind, 1)
    await expect(host.wait(kind)).rejects.toMatchObject({ failure: 'not-found' })
  })

  test('is waited for until it ends, however often the engine has to be asked', async () => {
    const id = await engine.make('sleep 0.5; exit 4')
    const waiting = engine.host.wait(id)
    await engine.host.start(id)
    await engine.host.start(id)
    expect(await waiting).toBe(4)
  })

  test('is waited for only as long as somebody cares', async () => {
    const id = await engine.start(sleep)
    const abort = new AbortController()
    const waiting = engine.host.wait(id, abort.signal)
    setTimeout(() => abort.abort(new Error('enough')), 50)
    await expect(waiting).rejects.toThrow('enough')
  })

  test('shows its log, with a terminal or without', async () => {
    const script = 'echo one; echo two'
    for (const Tty of [false, true]) {
      const id = await engine.start(script, { Tty })
      await engine.host.wait(id)
      const log = () => engine.host.logs(id, 1)
      expect(await until('the log is there', async () => (await log()).trim() || undefined)).toBe('two')
    }
  })

  test('gives and takes archives', async () => {
    const id = await engine.make('cat /tmp/a/b')
    const content = Buffer.from('from outside')
    const tar = await packFiles([{ name: 'a/b', content, mode: 0o644, uid: 0, gid: 0 }])
    await engine.host.putArchive(id, '/tmp', Readable.from([tar]))
    expect(await text(await engine.host.getArchive(id, '/tmp/a/b'))).toContain('from outside')
    await expect(engine.host.getArchive(id, '/tmp/none')).rejects.toMatchObject({ failure: 'not-found' })
    await engine.host.start(id)
    await engine.host.wait(id)
    expect(await engine.host.logs(id, 5)).toBe('from outside')
  })

  test('is listed by its labels', async () => {
    const name = engine.name()
    const Labels = { 'test.part': name }
    const id = await engine.make(sleep, { Labels }, name)
    expect(await engine.host.list(Labels)).toEqual([
      {
        id,
        name,
        image: engine.docker.image,
        labels: { ...engine.labels, ...Labels, 'footman-test': expect.any(String) },
        status: 'created',
      },
    ])
  })
})

describe('a program in a container', () => {
  test('reads its stdin to the end, and its outputs and exit code come back apart', async () => {
    const id = await engine.start(sleep)
    const secret = 'hunter2\n'.repeat(20_000)
    const result = await engine.host.exec(id, {
      command: ['sh', '-c', 'wc -c; echo oh >&2; echo $WHO; id -u; exit 3'],
      stdin: secret,
      user: 'root',
      env: { WHO: 'me' },
    })
    expect(result).toEqual({ code: 3, stdout: `${secret.length}\nme\n0\n`, stderr: 'oh\n' })
  })

  test('that the image lacks is told in words', async () => {
    const id = await engine.start(sleep)
    const refusal = { code: 'user', message: expect.stringMatching(/no-such-program.*not found/s) }
    await expect(engine.host.exec(id, { command: ['no-such-program'] })).rejects.toMatchObject(refusal)
    const stream = await engine.host.openExec(id, ['no-such-program'])
    stream.resume()
    await expect(once(stream, 'end')).rejects.toMatchObject(refusal)
  })

  test('that takes too long is given up', async () => {
    const id = await engine.start(sleep)
    const late = engine.host.exec(id, { command: ['sleep', '20'], timeoutMs: 200 })
    await expect(late).rejects.toMatchObject({ failure: 'timeout', message: expect.stringMatching(/200ms/) })
  })

  test('cannot be run where nothing runs', async () => {
    const id = await engine.make(sleep)
    await expect(engine.host.exec(id, { command: ['true'] })).rejects.toMatchObject({ failure: 'conflict' })
  })

  test('talks both ways over one stream, and hears when we have said all', async () => {
    const id = await engine.start(sleep)
    const stream = await engine.host.openExec(id, ['sh', '-c', 'cat; echo done; echo noise >&2'])
    stream.write('first ')
    expect(String((await once(stream, 'data'))[0])).toBe('first ')
    const much = Buffer.alloc(3_000_000, 'x')
    const rest = text(stream)
    stream.end(much)
    expect(await rest).toBe(`${much}done\n`)
  })

  test('that fails without a word on stdout fails the stream with its complaint', async () => {
    const id = await engine.start(sleep)
    const stream = await engine.host.openExec(id, ['sh', '-c', 'echo connection refused >&2; exit 1'])
    stream.resume()
    await expect(once(stream, 'end')).rejects.toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/exit code 1: connection refused$/),
    })
  })

  test('ends when the stream is destroyed, as far as it listens', async () => {
    const id = await engine.start(sleep)
    const stream = await engine.host.openExec(id, ['cat'])
    stream.on('error', () => {})
    stream.write('x')
    await once(stream, 'data')
    stream.destroy()
    await until('cat is gone', async () => {
      const { stdout } = await engine.host.exec(id, {
        command: ['sh', '-c', 'cat /proc/[0-9]*/comm 2>/dev/null'],
      })
      return stdout.split('\n').filter((name) => name === 'cat').length === 1
    })
  })

  test('is left when the caller gives up', async () => {
    const id = await engine.start(sleep)
    const abort = new AbortController()
    const stream = await engine.host.openExec(id, ['cat'], abort.signal)
    stream.resume()
    abort.abort()
    await expect(once(stream, 'end')).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('ends with its container', async () => {
    const id = await engine.start(sleep)
    const stream = await engine.host.openExec(id, ['cat'])
    stream.write('x')
    await once(stream, 'data')
    const end = once(stream, 'end')
    stream.resume()
    await Promise.all([end, engine.host.remove(id, { volumes: true })])
  })
})
