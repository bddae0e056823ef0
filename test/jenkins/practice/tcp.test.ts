import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLog } from '../../../core/log.ts'
import { acceptTcpAgents } from '../../../jenkins/practice/acceptors/tcp.ts'
import { openDoor, secretOf, type TestDoor } from './practice-door.ts'

const protocol = Buffer.concat([Buffer.of(0, 22), Buffer.from('Protocol:JNLP4-connect')])

async function dial(door: TestDoor): Promise<Socket> {
  const socket = connect(door.tcpPort, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  await once(socket, 'connect')
  return socket
}

/** Everything that comes until the controller closes the connection. */
async function answer(socket: Socket, words: string | Buffer): Promise<string> {
  socket.write(words)
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

function connectFrame(node: string, secret = secretOf(node)): Buffer {
  return Buffer.concat([protocol, Buffer.from(`${JSON.stringify({ type: 'connect', node, secret })}\n`)])
}

describe('the agent port', () => {
  it.each(['GET / HTTP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'])(
    'tells who it is when asked by %j, as recorded',
    async (request) => {
      expect(await answer(await dial(await openDoor()), request)).toBe(
        'HTTP/1.0 200 OK\r\nContent-Type: text/plain;charset=UTF-8\r\nX-Content-Type-Options: nosniff\r\n\r\n' +
          'Jenkins-Agent-Protocols: JNLP4-connect, Ping\r\nJenkins-Version: 2.498\r\nJenkins-Session: 40a25691\r\n' +
          'Client: 127.0.0.1\r\nServer: 127.0.0.1\r\nRemoting-Minimum-Version: 3107.v665000b_51092\r\n',
      )
    },
  )

  it('knows no other page', async () => {
    expect(await answer(await dial(await openDoor()), 'GET /other HTTP/1.0\r\n\r\n')).toBe(
      'HTTP/1.0 404 Not Found\r\nContent-Type: text/plain;charset=UTF-8\r\n\r\nNot Found\r\n',
    )
  })

  it('never answers HEAD and POST, and hangs up in the end', async () => {
    const door = await openDoor({ introductionMs: 60 })
    expect(await answer(await dial(door), 'HEAD / HTTP/1.0\r\n\r\n')).toBe('')
  })

  it.each(['\0\x0eProtocol:JNLP3', 'SSH-2.0-OpenSSH_9.2\r\n'.repeat(300)])(
    'hangs up on any other protocol: %#',
    async (words) => {
      const socket = await dial(await openDoor())
      socket.on('error', () => {})
      socket.write(words)
      await once(socket, 'close')
    },
  )

  it.each([
    ['nosuch', secretOf('nosuch'), 'Unknown client name: nosuch'],
    ['w1', 'wrong', 'Authorization failure'],
    ['ssh', secretOf('ssh'), 'ssh is not an inbound agent'],
  ])('refuses %s with secret %s and says why', async (node, secret, reason) => {
    const text = await answer(await dial(await openDoor()), connectFrame(node, secret))
    expect(JSON.parse(text)).toEqual({ type: 'refused', reason })
  })

  it('understands an agent whose bytes come one by one', async () => {
    const door = await openDoor()
    const socket = await dial(door)
    const hello = { type: 'hello', version: '1', remoteFs: '/ä', tasks: [] }
    for (const byte of Buffer.concat([connectFrame('t1'), Buffer.from(`${JSON.stringify(hello)}\n`)])) {
      socket.write(Buffer.of(byte))
      if (byte % 8 === 0) await delay(1)
    }
    expect((await door.link('t1')).remoteFs).toBe('/ä')
  })

  it('that is taken is reported as such', async () => {
    const door = await openDoor()
    const address = { host: '127.0.0.1', port: door.tcpPort }
    await expect(acceptTcpAgents({ ...door, log: silentLog }, address)).rejects.toMatchObject({
      code: 'user',
      message: expect.stringContaining(`127.0.0.1:${door.tcpPort}`),
    })
  })
})
