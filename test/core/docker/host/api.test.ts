import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import type { ContainerHost } from '../../../../core/container-host.ts'
import { connectDockerHost } from '../../../../core/docker.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

interface Asked {
  line: string
  query: Record<string, string>
  auth: string | undefined
  body: unknown
}

const servers: Server[] = []
const folders: string[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const version = { Version: '28.3.0', ApiVersion: '1.51', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64' }

/** Something that talks like an engine as far as a test needs it, and a host connected to it. */
async function fakeEngine(
  answers: Record<string, Answer>,
  { timeoutMs = 2_000, config = {} }: { timeoutMs?: number; config?: object } = {},
): Promise<{ host: ContainerHost; asked: Asked[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'footman-host-'))
  folders.push(folder)
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://engine')
    const path = url.pathname.replace(/^\/v[\d.]+/, '')
    const line = `${request.method} ${decodeURIComponent(path)}`
    const auth = request.headers['x-registry-auth']?.toString()
    const entry: Asked = { line, query: Object.fromEntries(url.searchParams), auth, body: undefined }
    asked.push(entry)
    if (path === '/version') return json(version)(request, response)
    if (request.headers['content-type'] === 'application/json') {
      request.on('data', (chunk) => {
        entry.body = JSON.parse(String(chunk))
      })
    }
    const answer = answers[line]
    if (answer) answer(request, response)
    else json({ message: `no answer for ${line}` }, 501)(request, response)
  })
  servers.push(server)
  const socket = join(folder, 'engine.sock')
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  const options = {
    host: `unix://${socket}`,
    env: { DOCKER_CONFIG: folder },
    timeoutMs,
    silenceMs: timeoutMs,
  }
  return { host: await connectDockerHost(options), asked }
}

function json(body: unknown, status = 200): Answer {
  return (request, response) => {
    request.resume().on('end', () => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(body === undefined ? '' : JSON.stringify(body))
    })
  }
}

const silence: Answer = () => {}

describe('requests', () => {
  test('carry whole bodies, and nothing of them in the address', async () => {
    const { host, asked } = await fakeEngine({
      'POST /containers/create': json({ Id: 'abc' }, 201),
      'POST /networks/create': json({ Id: 'net' }, 201),
    })
    const body = { Image: 'x', HostConfig: { MaskedPaths: null, ReadonlyPaths: [], Novelty: 1 } }
    expect(await host.create('jenkins', body)).toBe('abc')
    await host.createNetwork({ Name: 'n', Internal: true })
    expect(asked.slice(1)).toMatchObject([
      { query: { name: 'jenkins' }, body },
      { query: {}, body: { Name: 'n', Internal: true, CheckDuplicate: true } },
    ])
  })

  test('name an image in parts, with the tag latest where there is none: without a tag an engine pulls all', async () => {
    const { host, asked } = await fakeEngine({ 'POST /images/create': json({ status: 'Done' }) })
    for (const name of ['jenkins/jenkins', 'localhost:5000/a:2', 'a:1@sha256:ab'])
      await host.pull(name, () => {})
    expect(asked.slice(1).map(({ query }) => query)).toEqual([
      { fromImage: 'jenkins/jenkins', tag: 'latest' },
      { fromImage: 'localhost:5000/a', tag: '2' },
      { fromImage: 'a', tag: 'sha256:ab' },
    ])
  })

  test('bring the login of the registry that is asked, and of no other', async () => {
    const auth = Buffer.from('ann:pw-of-ann').toString('base64')
    const answer = json({
      Descriptor: { digest: 'sha256:1' },
      Platforms: [{ os: 'linux', architecture: 'arm64' }],
    })
    const { host, asked } = await fakeEngine(
      { 'GET /distribution/r.example/a:1/json': answer, 'GET /distribution/b:1/json': answer },
      { config: { auths: { 'r.example': { auth } } } },
    )
    const found = { digest: 'sha256:1', platforms: [{ os: 'linux', arch: 'arm64' }] }
    expect(await host.remoteDigest('r.example/a:1')).toEqual(found)
    expect(await host.remoteDigest('b:1')).toEqual(found)
    const [, first, second] = asked
    expect(JSON.parse(Buffer.from(first?.auth ?? '', 'base64url').toString())).toMatchObject({
      username: 'ann',
    })
    expect(second?.auth).toBeUndefined()
  })
})

describe('answers', () => {
  test('of an engine that cannot tell a digest are none; of one that says nothing they are an error', async () => {
    const { host } = await fakeEngine({
      'GET /distribution/a:1/json': json({ message: 'page not found' }, 404),
      'GET /distribution/b:1/json': json({ message: 'Get "https://r": dial tcp: connection refused' }, 500),
      'GET /distribution/d:1/json': (_request, response) => response.destroy(),
    })
    for (const name of ['a:1', 'b:1', 'c:1']) expect(await host.remoteDigest(name)).toBeUndefined()
    await expect(host.remoteDigest('d:1')).rejects.toMatchObject({ failure: 'unreachable' })
  })

  test('are passed on whole, also what we have never heard of', async () => {
    const container = {
      ...{ Id: 'a'.repeat(64), Name: '/a', Image: 'sha256:1', Config: { X: [null] }, HostConfig: { Y: {} } },
      ...{ Mounts: null, NetworkSettings: {}, State: {}, Novelty: { deep: [1, 'two'] } },
    }
    const { host } = await fakeEngine({ 'GET /containers/a/json': json(container) })
    expect(await host.inspect('a')).toEqual({ ...container, Mounts: [] })
  })

  test('that are none of an engine are said to be so', async () => {
    const { host } = await fakeEngine({
      'GET /containers/a/json': json({ hello: 'world' }),
      'GET /containers/a/changes': json('surprise'),
      'GET /volumes': json([]),
    })
    for (const ask of [host.inspect('a'), host.changes('a'), host.listVolumes({})]) {
      await expect(ask).rejects.toMatchObject({
        failure: 'broken',
        message: expect.stringMatching(/does not talk like/),
      })
    }
  })

  test('null is an empty list', async () => {
    const { host } = await fakeEngine({
      'GET /containers/a/changes': json(null),
      'GET /volumes': json({ Volumes: null }),
    })
    expect(await host.changes('a')).toEqual([])
    expect(await host.listVolumes({})).toEqual([])
  })

  test('refuse a program in words', async () => {
    const { host } = await fakeEngine({
      'POST /containers/a/exec': json({ Id: 'e' }, 201),
      'POST /exec/e/start': json({ message: 'Container a is paused' }, 409),
    })
    const refusal = {
      failure: 'conflict',
      message: 'cannot run true in the container a: Container a is paused',
    }
    await expect(host.exec('a', { command: ['true'] })).rejects.toMatchObject(refusal)
    await expect(host.openExec('a', ['true'])).rejects.toMatchObject(refusal)
  })

  test('that say a build is done without an image are no success', async () => {
    const { host } = await fakeEngine({ 'POST /build': json({ stream: 'Step 1/1 : FROM x\n' }) })
    const told: string[] = []
    const built = host.build(Readable.from(['tar']), {
      reference: 'a:1',
      onProgress: (line) => told.push(line),
    })
    await expect(built).rejects.toMatchObject({ failure: 'broken' })
    expect(told).toEqual(['Step 1/1 : FROM x'])
  })
})

describe('an engine that falls silent', () => {
  test.each([
    ['before it answers', silence],
    [
      'in the middle of an answer',
      (_request: IncomingMessage, response: ServerResponse) => void response.write('[{'),
    ],
  ])('%s is given up', async (_when, answer) => {
    const { host } = await fakeEngine({ 'GET /containers/a/changes': answer }, { timeoutMs: 60 })
    await expect(host.changes('a')).rejects.toMatchObject({ failure: 'timeout' })
  })

  test('while it takes a long archive is not silent', async () => {
    const slow = Readable.from(
      (async function* () {
        for (let part = 0; part < 8; part++) {
          yield Buffer.alloc(1000)
          await new Promise((resolve) => setTimeout(resolve, 40))
        }
      })(),
    )
    // The deadline of work that moves data is three times that of a question.
    const { host, asked } = await fakeEngine(
      { 'PUT /containers/a/archive': json(undefined) },
      { timeoutMs: 40 },
    )
    await host.putArchive('a', '/tmp', slow)
    expect(asked.at(-1)).toMatchObject({ query: { path: '/tmp' } })
  })

  test('is left at once by who gives up', async () => {
    const { host } = await fakeEngine({ 'POST /containers/a/stop': silence })
    const abort = new AbortController()
    const stopping = host.stop('a', 60, abort.signal)
    setTimeout(() => abort.abort(new Error('enough')), 10)
    await expect(stopping).rejects.toThrow('enough')
  })
})
