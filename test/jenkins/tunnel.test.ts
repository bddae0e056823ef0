import { createHash, randomBytes } from 'node:crypto'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { Duplex } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import type { ContainerHost } from '../../core/container-host.ts'
import { RemoteError, UserError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type ConnectOptions, connectJenkins } from '../../jenkins/connect.ts'
import type { Jenkins } from '../../jenkins/jenkins.ts'
import { tunnelAgent } from '../../jenkins/tunnel.ts'
import { execTunnel } from '../support/exec-tunnel.ts'
import { listen } from '../support/local-server.ts'

type OpenExec = ContainerHost['openExec']

function through(
  port: number,
  options: Partial<ConnectOptions> & { openExec?: OpenExec; connectMs?: number } = {},
): Jenkins {
  const { openExec = execTunnel, connectMs = 5000, ...rest } = options
  return connectJenkins({
    url: `http://127.0.0.1:${port}/`,
    user: 'ann',
    token: new Secret('11d3adbeef5ecre7'),
    agent: tunnelAgent({ openExec }, 'c', { port, connectMs }),
    ...{ timeoutMs: 5000, env: {} },
    ...rest,
  })
}

test('a controller answers through the tunnel, each request on a connection of its own', async () => {
  let connections = 0
  const server = createServer((_, response) => response.end('{"name":"ann"}'))
  server.on('connection', () => connections++)
  const jenkins = through(await listen(server))
  expect(await jenkins.whoAmI()).toMatchObject({ name: 'ann' })
  expect(await jenkins.whoAmI()).toMatchObject({ name: 'ann' })
  expect(connections).toBe(2)
})

test('connections are kept when asked for, until the agent is done', async () => {
  let connections = 0
  const server = createServer((_, response) => response.end('{"name":"ann"}'))
  server.on('connection', () => connections++)
  const port = await listen(server)
  const agent = tunnelAgent({ openExec: execTunnel }, 'c', { port, keepAlive: true })
  const jenkins = through(port, { agent })
  for (let i = 0; i < 3; i++) await jenkins.whoAmI()
  expect(connections).toBe(1)
  agent.destroy()
  const open = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
  await expect.poll(open).toBe(0)
  await jenkins.whoAmI()
  expect(connections).toBe(2)
})

test('a connection that comes when the agent is done is closed', async () => {
  const server = createServer((_, response) => response.end('{"name":"ann"}'))
  const port = await listen(server)
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const streams: Duplex[] = []
  const openExec: OpenExec = async (...asked) => {
    await gate
    const stream = await execTunnel(...asked)
    streams.push(stream)
    return stream
  }
  const agent = tunnelAgent({ openExec }, 'c', { port, keepAlive: true })
  const giveUp = new AbortController()
  const given = expect(through(port, { agent }).whoAmI(giveUp.signal)).rejects.toThrow('enough')
  giveUp.abort(new Error('enough'))
  await given
  agent.destroy()
  open()
  await expect.poll(() => streams.map(({ destroyed }) => destroyed)).toEqual([true])
})

test('the container is asked for a connection to the port, by name and not by shell', async () => {
  const asked: (readonly string[])[] = []
  const server = createServer((_, response) => response.end('{"name":"ann"}'))
  const port = await listen(server)
  const openExec: OpenExec = (container, command, signal) => {
    asked.push([container, ...command.slice(0, 2), ...command.slice(3)])
    return execTunnel(container, command, signal)
  }
  await through(port, { openExec }).whoAmI()
  expect(asked).toEqual([['c', 'bash', '-c', 'tunnel', String(port)]])
})

test('the proxy of this machine has nothing to do with it', async () => {
  const server = createServer((_, response) => response.end('{"name":"ann"}'))
  const env = { HTTP_PROXY: 'http://127.0.0.1:1', ALL_PROXY: 'http://127.0.0.1:1' }
  expect(await through(await listen(server), { env }).whoAmI()).toMatchObject({ name: 'ann' })
})

test('large bodies come through whole, in both directions', async () => {
  const big = randomBytes(6 * 2 ** 20)
  const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    response.setHeader('X-Got', hash(Buffer.concat(chunks)))
    response.end(big)
  })
  const port = await listen(server)
  const agent = tunnelAgent({ openExec: execTunnel }, 'c', { port })
  const [got, came] = await new Promise<[unknown, Buffer]>((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port, method: 'POST', agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve([response.headers['x-got'], Buffer.concat(chunks)]))
    })
    outgoing.on('error', reject)
    outgoing.end(big)
  })
  expect(got).toBe(hash(big))
  expect(hash(came)).toBe(hash(big))
})

test('a port where nobody listens is told as without a tunnel', async () => {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  await expect(through(port).whoAmI()).rejects.toMatchObject({
    failure: 'unreachable',
    message: `Cannot find out who we are to Jenkins: nothing listens at 127.0.0.1:${port}`,
  })
})

test('what the engine refuses is told in the words of the engine', async () => {
  const gone = new UserError('there is no container c', { hint: 'docker ps -a' })
  const jenkins = through(1, { openExec: () => Promise.reject(gone) })
  await expect(jenkins.whoAmI()).rejects.toBe(gone)
})

test('a container that is stopped in the middle of an answer breaks it off', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"name":', () => socket.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  await expect(through(port).whoAmI()).rejects.toMatchObject({ failure: 'unreachable' })
})

test('an engine that dies in the middle is told as that', async () => {
  const openExec: OpenExec = async () => {
    const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
    stream.push('+')
    setImmediate(() => stream.destroy(new RemoteError('unreachable', 'the engine hung up')))
    return stream
  }
  await expect(through(1, { openExec }).whoAmI()).rejects.toMatchObject({ message: 'the engine hung up' })
})

test('an answer that does not come ends with the deadline of the request, and so does the program in the container', async () => {
  let opened: Duplex | undefined
  const server = createServer(() => {})
  const openExec: OpenExec = async (...asked) => {
    opened = await execTunnel(...asked)
    return opened
  }
  const jenkins = through(await listen(server), { openExec, timeoutMs: 100 })
  await expect(jenkins.whoAmI()).rejects.toMatchObject({ failure: 'timeout' })
  await expect.poll(() => opened?.destroyed).toBe(true)
})

test.each<[string, OpenExec]>([
  ['that does not begin', (_c, _w, signal) => new Promise((_, no) => signal?.addEventListener('abort', no))],
  ['that says nothing', async () => new Duplex({ read: () => {}, write: (_c, _e, done) => done() })],
])('a tunnel %s is given up', async (_, openExec) => {
  const signals: (AbortSignal | undefined)[] = []
  const jenkins = through(1, {
    openExec: (container, command, signal) => {
      signals.push(signal)
      return openExec(container, command, signal).then((stream) => {
        signal?.addEventListener('abort', () => stream.destroy(new Error('aborted')))
        return stream
      })
    },
    connectMs: 50,
  })
  await expect(jenkins.whoAmI()).rejects.toMatchObject({
    failure: 'timeout',
    message: expect.stringContaining('no way into'),
  })
  expect(signals[0]?.aborted).toBe(true)
})
