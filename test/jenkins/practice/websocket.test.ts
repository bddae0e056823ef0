import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { openDoor, secretOf, type TestDoor } from './practice-door.ts'

const ping = { everyMs: 20, answerWithinMs: 50 }
const hello = JSON.stringify({ type: 'hello', version: '1', remoteFs: '/home/jenkins/agent', tasks: [] })

function dial(door: TestDoor, over: { path?: string; node?: string; secret?: string } = {}): WebSocket {
  const { path = '/wsagents/', node = 'w1', secret = secretOf(node) } = over
  const headers = { 'Node-Name': node, 'Secret-Key': secret, 'X-Remoting-Capability': 'rO0ABQ==' }
  const socket = new WebSocket(`ws://${door.host}${path}`, { headers })
  onTestFinished(() => {
    socket.on('error', () => {}) // terminating one that was refused is an error to ws
    socket.terminate()
  })
  return socket
}

async function refusal(socket: WebSocket) {
  const [, response] = await once(socket, 'unexpected-response')
  let body = ''
  for await (const chunk of response) body += chunk
  return { status: response.statusCode, location: response.headers.location, body }
}

describe('an upgrade', () => {
  it('is answered with the headers of the greeting, and the controller speaks first', async () => {
    const socket = dial(await openDoor())
    const [[response], [message]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'message')])
    expect(response.headers).toMatchObject({
      'x-remoting-capability': 'rO0ABQ==',
      'connection-cookie': 'c'.repeat(64),
    })
    expect(JSON.parse(String(message))).toEqual({ type: 'welcome' })
  })

  it.each([
    ['an unknown node', { node: 'nosuch' }, { status: 400, body: 'no such agent' }],
    ['a wrong secret', { secret: '0'.repeat(64) }, { status: 403, body: '' }],
    ['a URL without its last slash', { path: '/wsagents' }, { status: 302, location: '/wsagents/' }],
    ['any other URL', { path: '/other/' }, { status: 404 }],
  ])('is refused with %s', async (_, over, answer) => {
    expect(await refusal(dial(await openDoor(), over))).toMatchObject(answer)
  })

  it('is refused while the agent is connected', async () => {
    const door = await openDoor()
    const first = dial(door)
    await once(first, 'open')
    first.send(hello)
    await door.link('w1')
    expect(await refusal(dial(door))).toMatchObject({ status: 500 })
  })
})

describe('a connection', () => {
  it('does not count until its agent has spoken, and then the first to speak has the name', async () => {
    const door = await openDoor()
    const [silent, talking] = [dial(door), dial(door)]
    await Promise.all([once(silent, 'open'), once(talking, 'open')])
    expect(door.isConnected('w1')).toBe(false)
    talking.send(hello)
    const link = await door.link('w1')
    silent.send(hello)
    await once(silent, 'close')
    expect(door.links.get('w1')).toBe(link)
  })

  it('is closed when it is no practice agent that talks', async () => {
    const door = await openDoor()
    for (const words of [
      'rO0ABQ==',
      '{"type":"output","id":"x","text":"","seenBytes":0}',
      '{"type":"hello"}',
    ]) {
      const socket = dial(door)
      await once(socket, 'open')
      socket.send(words)
      await once(socket, 'close')
      expect(door.isConnected('w1')).toBe(false)
    }
  })

  it('is given up when a ping of the channel is not answered, as with a frozen laptop', async () => {
    const door = await openDoor({ ping, closeWithinMs: 10 })
    const socket = dial(door)
    await once(socket, 'open')
    socket.send(hello)
    const link = await door.link('w1')
    expect(await new Promise((resolve) => link.onClosed(resolve))).toBe('Ping timed out')
  })

  it('lives on while pings are answered', async () => {
    const door = await openDoor({ ping })
    const socket = dial(door)
    let pings = 0
    const enough = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        if (JSON.parse(String(data)).type !== 'ping') return
        socket.send('{"type":"pong"}')
        if (++pings === 5) resolve()
      })
    })
    await once(socket, 'open')
    socket.send(hello)
    await enough
    expect(door.isConnected('w1')).toBe(true)
  })

  it('gets a ping of the protocol too, which keeps proxies awake', async () => {
    const socket = dial(await openDoor({ keepAliveMs: 10 }))
    await once(socket, 'ping')
  })

  it('tells a listener that comes too late that it is closed', async () => {
    const door = await openDoor()
    const socket = dial(door)
    await once(socket, 'open')
    socket.send(hello)
    const link = await door.link('w1')
    socket.terminate()
    await door.gone('w1')
    expect(await new Promise((resolve) => link.onClosed(resolve))).toBe('Connection terminated')
  })
})

it('survives a peer that resets its connection during the upgrade', async () => {
  const door = await openDoor()
  const socket = connect(Number(door.host.split(':')[1]), '127.0.0.1')
  socket.write('GET /wsagents/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
  socket.resetAndDestroy()
  expect(await refusal(dial(door, { node: 'nosuch' }))).toMatchObject({ status: 400 })
})
