import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createLog } from '../../core/log.ts'
import { Secret } from '../../core/secret.ts'
import { type ConnectOptions, connectJenkins } from '../../jenkins/connect.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import { certificate } from '../support/certificates.ts'
import { listen, serveHttp, serveHttps } from '../support/local-server.ts'

const token = new Secret('11d3adbeef5ecre7')

function connect(url: string, options: Partial<ConnectOptions> = {}): Jenkins {
  return connectJenkins({ url, user: 'ann', token, env: {}, timeoutMs: 5000, ...options })
}

/** A server below HTTP: what it writes is what the client gets. */
async function serveBytes(write: (end: (bytes: string) => void) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => write((bytes) => socket.end(bytes)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test('every request is in English, names its user and never follows a redirect', async () => {
  const headers: unknown[] = []
  const url = await serveHttp((request, response) => {
    headers.push(request.headers)
    response.writeHead(302, { Location: '/elsewhere' }).end()
  })
  await expect(connect(url).whoAmI()).rejects.toMatchObject({ status: 302 })
  expect(headers).toEqual([
    expect.objectContaining({
      authorization: `Basic ${Buffer.from(`ann:${token.reveal()}`).toString('base64')}`,
      'accept-language': 'en',
    }),
  ])
})

test('user and token travel as UTF-8', async () => {
  let authorization = ''
  const url = await serveHttp((request, response) => {
    authorization = request.headers.authorization ?? ''
    response.end('{"name":"jürgen"}')
  })
  await connect(url, { user: 'jürgen', token: new Secret('pässwörd') }).whoAmI()
  expect(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString('utf8')).toBe('jürgen:pässwörd')
})

test('connections are kept for the next request', async () => {
  let connections = 0
  const server = createServer((_request, response) => response.end('{"name":"ann"}'))
  server.on('connection', () => connections++)
  const jenkins = connect(`http://127.0.0.1:${await listen(server)}/`)
  for (let i = 0; i < 3; i++) await jenkins.whoAmI()
  expect(connections).toBe(1)
})

test('a kept connection that died meanwhile costs a reader nothing', async () => {
  let requests = 0
  const url = await serveHttp((request, response) => {
    requests++
    if (requests === 2) request.socket.destroy()
    else response.end('{"name":"ann"}')
  })
  const jenkins = connect(url)
  await jenkins.whoAmI()
  expect(await jenkins.whoAmI()).toMatchObject({ name: 'ann' })
  expect(requests).toBe(3)
})

test('a change whose connection died is not sent twice', async () => {
  let requests = 0
  const url = await serveHttp((request, response) => {
    requests++
    if (request.method === 'POST') request.socket.destroy()
    else response.end('{"name":"ann"}')
  })
  const jenkins = connect(url)
  await jenkins.whoAmI()
  await expect(jenkins.deleteNode('n1')).rejects.toMatchObject({ failure: 'unreachable' })
  expect(requests).toBe(2)
})

test('a server that never answers runs into the deadline', async () => {
  const url = await serveHttp(() => {})
  await expect(connect(url, { timeoutMs: 60 }).whoAmI()).rejects.toMatchObject({
    failure: 'timeout',
    message: expect.stringMatching(/no answer from 127\.0\.0\.1:\d+ within 0\.06 s$/),
    hint: expect.stringContaining('controller.timeout'),
  })
})

test('a server that stops in the middle of its answer runs into the deadline', async () => {
  const url = await serveHttp((_request, response) => {
    response.writeHead(200)
    response.write('{"name":')
  })
  await expect(connect(url, { timeoutMs: 60 }).whoAmI()).rejects.toMatchObject({ failure: 'timeout' })
})

test('who gives up gets the reason back, at once and at any time', async () => {
  const url = await serveHttp(() => {})
  const jenkins = connect(url)
  const reason = new Error('enough')
  const abort = new AbortController()
  const waiting = jenkins.whoAmI(abort.signal)
  setTimeout(() => abort.abort(reason), 20)
  await expect(waiting).rejects.toBe(reason)
  await expect(jenkins.whoAmI(abort.signal)).rejects.toBe(reason)
})

test('a long-lived signal does not collect listeners', async () => {
  const url = await serveHttp((_request, response) => response.end('{"name":"ann"}'))
  const { signal } = new AbortController()
  let listeners = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--
    removeEventListener.apply(signal, args)
  }
  const jenkins = connect(url)
  for (let i = 0; i < 5; i++) await jenkins.whoAmI(signal)
  expect(listeners).toBe(0)
})

test('an endless answer is cut off', async () => {
  const url = await serveHttp((_request, response) => {
    response.writeHead(200)
    const block = Buffer.alloc(2 ** 20, 32)
    const more = () => {
      while (!response.destroyed && response.write(block)) {}
    }
    response.on('drain', more)
    more()
  })
  await expect(connect(url).whoAmI()).rejects.toMatchObject({
    failure: 'broken',
    message: expect.stringContaining('too long'),
  })
})

test('nobody at the port is said so', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => void server.close(() => resolve()))
  await expect(connect(`http://127.0.0.1:${port}/`).queue()).rejects.toMatchObject({
    failure: 'unreachable',
    message: `Cannot read the queue: nothing listens at 127.0.0.1:${port}`,
    hint: 'is Jenkins running, and is the port in controller.url right?',
  })
})

test('a server that hangs up is said so', async () => {
  const url = await serveHttp((request) => request.socket.destroy())
  await expect(connect(url).queue()).rejects.toMatchObject({
    failure: 'unreachable',
    message: expect.stringContaining('hung up'),
  })
})

test('a program that does not speak HTTP is said so', async () => {
  const url = await serveBytes((end) => end('SSH-2.0-OpenSSH_9.2p1\r\n'))
  await expect(connect(url).queue()).rejects.toMatchObject({
    failure: 'broken',
    message: expect.stringContaining('does not speak HTTP'),
  })
})

test('http to a TLS port and https to a plain port name the other scheme', async () => {
  const secure = await serveHttps(certificate('server'), (_request, response) => response.end())
  await expect(connect(secure.replace('https:', 'http:')).queue()).rejects.toMatchObject({
    hint: expect.stringContaining('https://'),
  })
  const plain = await serveHttp((_request, response) => response.end())
  await expect(connect(plain.replace('http:', 'https:')).queue()).rejects.toMatchObject({
    failure: 'unreachable',
    message: expect.stringContaining('does not speak TLS'),
    hint: expect.stringContaining('http://'),
  })
})

test('no error and no log line holds the token, in whatever form', async () => {
  const lines: string[] = []
  const log = createLog({ level: 'debug', sink: { write: (line) => lines.push(line) } })
  const answers = [
    (response: {
      writeHead: (status: number, headers?: Record<string, string>) => { end: (text?: string) => void }
    }) => response.writeHead(500).end('Oops'),
  ]
  const failing = await serveHttp((_request, response) => answers[0]?.(response))
  const resetting = await serveHttp((request) => request.socket.destroy())
  const hanging = await serveHttp(() => {})
  const secrets = [token.reveal(), Buffer.from(`ann:${token.reveal()}`).toString('base64')]
  for (const url of [
    failing,
    resetting,
    hanging,
    failing.replace('http:', 'https:'),
    'http://127.0.0.1:1/',
  ]) {
    const jenkins = connect(url, { log, timeoutMs: 60 })
    for (const call of [jenkins.queue(), jenkins.deleteNode('n1'), jenkins.probeWebSocket('n1', token)]) {
      const outcome = await call.catch((error: unknown) => error)
      const everything = inspect(outcome, { depth: 20, showHidden: true }) + JSON.stringify(outcome)
      for (const secret of secrets) expect(everything).not.toContain(secret)
    }
  }
  expect(lines.length).toBeGreaterThan(10)
  for (const secret of secrets) expect(lines.join('')).not.toContain(secret)
})
