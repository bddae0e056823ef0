import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { callControl } from '../../../agent/control/client.ts'
import type { ControlRequest } from '../../../agent/control/protocol.ts'
import { type ControlHandler, serveControl } from '../../../agent/control/server.ts'
import { UserError } from '../../../core/errors.ts'
import { agentStatus } from '../../support/agent-status.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function socketIn(dir?: string): Promise<string> {
  return join(dir ?? (await tempDir()), 'run', 'agent.sock')
}

async function serve(socketPath: string, handle: ControlHandler = () => agentStatus()) {
  const server = await serveControl({ socketPath, handle })
  onTestFinished(() => server.close())
  return server
}

/** A server that speaks as the test likes. */
async function serveRaw(
  onLine: (write: (text: string) => void, hangUp: () => void) => void,
): Promise<string> {
  const socketPath = join(await tempDir(), 'agent.sock')
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () =>
      onLine(
        (text) => socket.write(text),
        () => socket.destroy(),
      ),
    )
  })
  server.listen(socketPath)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return socketPath
}

test('a request reaches the daemon as it was given, and the state that it led to comes back', async () => {
  const socketPath = await socketIn()
  const heard: ControlRequest[] = []
  await serve(socketPath, (request) => {
    heard.push(request)
    return agentStatus({ openness: 'finishing', because: 'you paused it' })
  })
  const status = await callControl(socketPath, { request: 'pause', forMs: 60_000 })
  expect(heard).toEqual([{ request: 'pause', forMs: 60_000 }])
  expect(status).toMatchObject({ openness: 'finishing', because: 'you paused it' })
})

test('several commands at the same time do not mix', async () => {
  const socketPath = await socketIn()
  await serve(socketPath, async (request) => {
    await new Promise((resolve) => setTimeout(resolve, request.request === 'status' ? 20 : 1))
    return agentStatus({ because: request.request })
  })
  const words = ['status', 'resume', 'drain', 'stop'] as const
  const answers = await Promise.all(words.map((request) => callControl(socketPath, { request })))
  expect(answers.map(({ because }) => because)).toEqual(words)
})

test('only this user can open the socket and the folder around it', async () => {
  const socketPath = await socketIn()
  await mkdir(join(socketPath, '..'), { recursive: true })
  await chmod(join(socketPath, '..'), 0o755)
  await serve(socketPath)
  expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
  expect((await stat(join(socketPath, '..'))).mode & 0o777).toBe(0o700)
})

test('a refusal of the daemon arrives with its hint', async () => {
  const socketPath = await socketIn()
  await serve(socketPath, () => {
    throw new UserError('it is stopping already', { hint: 'wait for it' })
  })
  await expect(callControl(socketPath, { request: 'pause' })).rejects.toMatchObject({
    message: 'it is stopping already',
    hint: 'wait for it',
  })
})

test('garbage is answered, and does not end the daemon', async () => {
  const socketPath = await socketIn()
  await serve(socketPath)
  const socket = connect(socketPath)
  socket.write('GET / HTTP/1.1\n{"request":"explode"}\n')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toContain('does not understand')
  socket.destroy()
  await expect(callControl(socketPath, { request: 'status' })).resolves.toMatchObject({
    machine: 'laptop-ann',
  })
})

describe('without a daemon that answers', () => {
  test('no socket at all means that no agent runs, and how to start one', async () => {
    await expect(callControl(await socketIn(), { request: 'status' })).rejects.toMatchObject({
      message: 'no footman agent is running here',
      hint: 'start it with `footman agent run`',
      exitCode: 3,
    })
  })

  test('a daemon that does not answer is given up after the deadline', async () => {
    const socketPath = await serveRaw(() => undefined)
    await expect(callControl(socketPath, { request: 'status' }, { timeoutMs: 30 })).rejects.toMatchObject({
      failure: 'timeout',
    })
  })

  test('a daemon that dies in mid-answer is said to have died', async () => {
    const socketPath = await serveRaw((write, hangUp) => {
      write('{"ok":tr')
      setTimeout(hangUp, 5)
    })
    await expect(callControl(socketPath, { request: 'status' })).rejects.toThrow('ended before it answered')
  })

  test('an answer of another version asks for a restart', async () => {
    const socketPath = await serveRaw((write) => write('{"ok":true,"status":{"of":"another age"}}\n'))
    await expect(callControl(socketPath, { request: 'status' })).rejects.toMatchObject({
      failure: 'broken',
      hint: expect.stringContaining('restart the agent'),
    })
  })

  test('a person who interrupts the command is obeyed', async () => {
    const socketPath = await serveRaw(() => undefined)
    const person = new AbortController()
    const call = callControl(socketPath, { request: 'status' }, { signal: person.signal })
    person.abort(new Error('interrupted'))
    await expect(call).rejects.toThrow('interrupted')
  })
})

describe('a second daemon', () => {
  test('is refused while the first one answers', async () => {
    const socketPath = await socketIn()
    await serve(socketPath)
    await expect(serveControl({ socketPath, handle: () => agentStatus() })).rejects.toMatchObject({
      exitCode: 4,
      hint: expect.stringContaining('footman agent status'),
    })
    await expect(callControl(socketPath, { request: 'status' })).resolves.toBeDefined()
  })

  test('takes over the socket of one that was killed', async () => {
    const dir = await tempDir()
    const socketPath = join(dir, 'agent.sock')
    const script = join(dir, 'victim.cjs')
    const code = `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => process.send('up'))`
    await writeFile(script, code)
    const victim = fork(script, { execArgv: [] })
    await once(victim, 'message')
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    expect((await stat(socketPath)).isSocket()).toBe(true)
    await serve(socketPath)
    await expect(callControl(socketPath, { request: 'status' })).resolves.toBeDefined()
  })

  test('does not remove what is not a socket', async () => {
    const socketPath = join(await tempDir(), 'agent.sock')
    await writeFile(socketPath, 'the only copy of a thesis')
    await expect(serveControl({ socketPath, handle: () => agentStatus() })).rejects.toThrow('is in the way')
    expect((await stat(socketPath)).isFile()).toBe(true)
  })
})

test('a daemon that ends takes its socket along', async () => {
  const socketPath = await socketIn()
  const end = new AbortController()
  await serveControl({ socketPath, handle: () => agentStatus(), signal: end.signal })
  const idle = connect(socketPath)
  await once(idle, 'connect')
  end.abort()
  await once(idle, 'close')
  await expect.poll(() => stat(socketPath).catch(() => 'gone')).toBe('gone')
})
