import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { connectDocker } from '../../core/docker.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const servers: Server[] = []
const folders: string[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'footman-engine-'))
  folders.push(folder)
  return folder
}

const version = { Version: '28.3.0', ApiVersion: '1.51', MinAPIVersion: '1.24', Arch: 'amd64' }

/**
 * Something that talks like an engine as far as a test needs it; returns its address and the paths it was asked
 * for.
 */
async function fakeEngine(answers: Record<string, Answer>, versions: object = version) {
  const socket = join(tempFolder(), 'engine.sock')
  const asked: string[] = []
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    asked.push(`${request.method} ${path}`)
    const bare = path.replace(/^\/v[\d.]+/, '')
    const answer = answers[bare] ?? (bare === '/version' ? json(versions) : undefined)
    if (answer) answer(request, response)
    else json({ message: `no answer for ${bare}` }, 501)(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return { host: `unix://${socket}`, asked }
}

function json(body: unknown, status = 200): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  }
}

const silence: Answer = () => {}

/** Sends these lines, one every `everyMs`; then ends, unless told to hang. */
function lines(events: object[], { everyMs = 0, hang = false } = {}): Answer {
  return async (request, response) => {
    request.resume()
    response.writeHead(200)
    for (const event of events) {
      response.write(`${JSON.stringify(event)}\r\n`)
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
    if (!hang) response.end()
  }
}

describe('the version of the API', () => {
  test.each([
    ['the newest we know', { ApiVersion: '1.60', MinAPIVersion: '1.44' }, 'v1.51'],
    ['the newest the engine knows', { ApiVersion: '1.41', MinAPIVersion: '1.12' }, 'v1.41'],
  ])('is %s', async (_, range, spoken) => {
    const { host, asked } = await fakeEngine({ '/containers/json': json([]) }, { ...version, ...range })
    await (await connectDocker({ host })).list({})
    expect(asked).toEqual(['GET /version', `GET /${spoken}/containers/json`])
  })

  test('of an engine that is too old is refused with the cure', async () => {
    const { host } = await fakeEngine({}, { Version: '19.03.15', ApiVersion: '1.40', MinAPIVersion: '1.12' })
    await expect(connectDocker({ host })).rejects.toMatchObject({
      code: 'user',
      message: expect.stringMatching(/too old: version 19.03.15 speaks API 1.40, needed is 1.41/),
      hint: expect.stringMatching(/upgrade it to Docker 20.10/),
    })
  })

  test('of an engine that has dropped everything we speak asks for a newer footman', async () => {
    const { host } = await fakeEngine({}, { Version: '40', ApiVersion: '1.90', MinAPIVersion: '1.60' })
    await expect(connectDocker({ host })).rejects.toMatchObject({ hint: 'upgrade footman' })
  })
})

describe('an engine that is away', () => {
  test('is told by its address and the cure', async () => {
    const host = `unix://${tempFolder()}/none.sock`
    await expect(connectDocker({ host })).rejects.toMatchObject({
      failure: 'unreachable',
      message: `no container engine answers: the configured address: the container engine at ${host} does not answer (ENOENT)`,
      hint: expect.stringMatching(/^start it .* or set DOCKER_HOST/),
    })
  })

  test('is named after DOCKER_HOST when that is where the address came from', async () => {
    const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' }
    await expect(connectDocker({ env })).rejects.toMatchObject({
      message:
        'no container engine answers: DOCKER_HOST: the container engine at tcp://127.0.0.1:1 does not answer (ECONNREFUSED)',
    })
  })

  test('at an address that cannot be used says what is wrong with the address', async () => {
    await expect(connectDocker({ env: { DOCKER_HOST: 'ssh://ann@build/path' } })).rejects.toMatchObject({
      message: expect.stringMatching(/DOCKER_HOST: ssh:\/\/ann@build\/path cannot be used: expected ssh/),
      hint: expect.stringMatching(/DOCKER_HOST/),
    })
  })

  test('that hangs is given up after the deadline', async () => {
    const { host } = await fakeEngine({ '/version': silence })
    await expect(connectDocker({ host, timeoutMs: 50 })).rejects.toMatchObject({
      failure: 'timeout',
      message: expect.stringMatching(/said nothing for 50ms/),
    })
  })

  test('that breaks off in the middle of an answer does not leave anybody waiting', async () => {
    const cut: Answer = (_request, response) => {
      response.writeHead(200, { 'Content-Length': '1000' })
      response.write('{"Ver', () => response.destroy())
    }
    const { host } = await fakeEngine({ '/version': cut })
    await expect(connectDocker({ host, timeoutMs: 300 })).rejects.toMatchObject({ code: 'remote' })
  })

  test('and replaced by something else is not taken for an engine', async () => {
    const { host } = await fakeEngine({ '/version': (_, response) => response.end('<html>hello</html>') })
    await expect(connectDocker({ host })).rejects.toMatchObject({
      failure: 'broken',
      message: expect.stringMatching(/does not talk like a container engine/),
    })
  })

  test('does not send us to the engine of DOCKER_HOST, which dockerode would read by itself', async () => {
    const before = process.env.DOCKER_HOST
    process.env.DOCKER_HOST = 'tcp://127.0.0.1:1'
    try {
      const { host } = await fakeEngine({ '/containers/json': json([]) })
      expect(await (await connectDocker({ host })).list({})).toEqual([])
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST
      else process.env.DOCKER_HOST = before
    }
  })
})

describe('pulling', () => {
  test('tells how it goes, layers summed up, and ends', async () => {
    const layer = (id: string, current: number) => ({
      status: 'Downloading',
      id,
      progressDetail: { current, total: 100 * 2 ** 20 },
    })
    const { host } = await fakeEngine({
      '/images/create': lines([
        { status: 'Pulling from jenkins/inbound-agent', id: 'jdk21' },
        { status: 'Pulling fs layer', progressDetail: {}, id: 'aaaaaaaaaaaa' },
        layer('aaaaaaaaaaaa', 2 ** 20),
        layer('aaaaaaaaaaaa', 50 * 2 ** 20),
        layer('bbbbbbbbbbbb', 60 * 2 ** 20),
        { status: 'Status: Downloaded newer image for jenkins/inbound-agent:jdk21' },
      ]),
    })
    const told: string[] = []
    await (await connectDocker({ host })).pull('jenkins/inbound-agent:jdk21', (line) => told.push(line))
    expect(told).toEqual([
      'jdk21: Pulling from jenkins/inbound-agent',
      '50 MiB of 100 MiB',
      '110 MiB of 200 MiB',
      'Status: Downloaded newer image for jenkins/inbound-agent:jdk21',
    ])
  })

  test('takes as long as it needs while the engine keeps talking', async () => {
    const events = Array.from({ length: 8 }, () => ({ status: 'Waiting', id: 'aaaaaaaaaaaa' }))
    const { host } = await fakeEngine({ '/images/create': lines(events, { everyMs: 50 }) })
    const engine = await connectDocker({ host, silenceMs: 200 })
    await expect(engine.pull('x', () => {})).resolves.toBeUndefined()
  })

  test('is given up when the engine falls silent', async () => {
    const { host } = await fakeEngine({ '/images/create': lines([{ status: 'Waiting' }], { hang: true }) })
    const engine = await connectDocker({ host, silenceMs: 100 })
    await expect(engine.pull('x', () => {})).rejects.toMatchObject({
      failure: 'timeout',
      message: expect.stringMatching(/^cannot pull the image x: .* said nothing for 100ms$/),
    })
  })

  test('ends at once when the caller gives up', async () => {
    const { host } = await fakeEngine({ '/images/create': lines([{ status: 'Waiting' }], { hang: true }) })
    const engine = await connectDocker({ host })
    const abort = new AbortController()
    const pull = engine.pull('x', () => abort.abort(new Error('changed my mind')), abort.signal)
    await expect(pull).rejects.toThrow('changed my mind')
  })

  test('reports what the registry said, which arrives after a 200', async () => {
    const { host } = await fakeEngine({
      '/images/create': lines([
        { status: 'Pulling from a/b', id: '1' },
        {
          errorDetail: { message: 'toomanyrequests: slow down' },
          error: 'toomanyrequests: You have reached your pull rate limit.',
        },
      ]),
    })
    await expect((await connectDocker({ host })).pull('a/b:1', () => {})).rejects.toMatchObject({
      failure: 'rejected',
      message: 'cannot pull the image a/b:1: toomanyrequests: You have reached your pull rate limit.',
      hint: expect.stringMatching(/docker login/),
    })
  })
})

test('importing an image passes the archive and the changes, and returns the id', async () => {
  let url = ''
  let body = ''
  const { host } = await fakeEngine({
    '/images/create': async (request, response) => {
      url = request.url ?? ''
      for await (const chunk of request) body += chunk
      response.end('{"status":"sha256:abc"}\n')
    },
  })
  const engine = await connectDocker({ host })
  const changes = ['USER jenkins', 'LABEL a=b']
  const id = await engine.importImage(Readable.from(['tar']), 'localhost:5000/team/made:2', changes)
  expect(id).toBe('sha256:abc')
  expect(body).toBe('tar')
  expect([...new URL(url, 'http://x').searchParams]).toEqual([
    ['repo', 'localhost:5000/team/made:2'], // Podman 4 does not read a tag of its own
    ['changes', 'USER jenkins'],
    ['changes', 'LABEL a=b'],
    ['fromSrc', '-'],
  ])
})

test('a stale socket file of an engine that crashed is told apart from none', async () => {
  const path = join(tempFolder(), 'stale.sock')
  writeFileSync(path, '')
  await expect(connectDocker({ host: `unix://${path}` })).rejects.toMatchObject({
    message: expect.stringMatching(/does not answer \((ECONNREFUSED|ENOTSOCK)\)/),
  })
})
