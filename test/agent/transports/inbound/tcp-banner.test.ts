import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { readBanner } from '../../../../agent/transports/inbound/tcp-banner.ts'

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

test('the agent port of Jenkins is known by what it says', async () => {
  const port = await listen((socket) =>
    socket.once('data', (request) => {
      expect(String(request)).toMatch(/^GET \/ HTTP\/1\.0\r\n/)
      socket.end(
        'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nJenkins-Agent-Protocols: JNLP4-connect, Ping\n',
      )
    }),
  )
  expect(await readBanner('127.0.0.1', port)).toEqual({ kind: 'jenkins' })
})

test('something else at the port is told from it', async () => {
  const port = await listen((socket) => socket.end('220 mail.test ESMTP\r\n'))
  expect(await readBanner('127.0.0.1', port)).toEqual({ kind: 'other' })
})

test('a port that takes connections and hangs up is silent', async () => {
  const port = await listen((socket) => socket.once('data', () => socket.end()))
  expect(await readBanner('127.0.0.1', port)).toEqual({ kind: 'silent' })
})

test('a closed port is unreachable, with the reason', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  expect(await readBanner('127.0.0.1', port)).toMatchObject({
    kind: 'unreachable',
    reason: expect.stringContaining('ECONNREFUSED'),
  })
})

test('somebody who interrupts is obeyed', async () => {
  const port = await listen(() => undefined)
  const person = new AbortController()
  const reading = readBanner('127.0.0.1', port, person.signal)
  person.abort(new Error('interrupted'))
  await expect(reading).rejects.toThrow('interrupted')
})
