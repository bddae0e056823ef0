import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ConfigError, isTransient, RemoteError, UserError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { connectSsh, type SshConnection, type SshOptions } from '../../core/ssh.ts'
import { startSshServer, type TestSshServer } from '../support/ssh-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const timeoutMs = 5000

function optionsFor(server: TestSshServer, over: Partial<SshOptions> = {}): SshOptions {
  return {
    host: '127.0.0.1',
    port: server.port,
    user: 'footman',
    identity: { privateKey: server.privateKey },
    hostKey: server.hostKey,
    timeoutMs,
    ...over,
  }
}

async function connect(server: TestSshServer, over: Partial<SshOptions> = {}): Promise<SshConnection> {
  const connection = await connectSsh(optionsFor(server, over))
  onTestFinished(() => connection.close())
  return connection
}

/** A port where a server does as it is told with whoever comes. */
async function listen(greet: (write: (text: string) => void) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    greet((text) => socket.end(text))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

describe('connectSsh', () => {
  it('connects to the host with the pinned key, whatever its kind', async () => {
    for (const hostKeyType of ['ed25519', 'rsa'] as const) {
      const server = await startSshServer({ hostKeyType })
      const connection = await connect(server)
      expect((await connection.run(['echo', 'hello'], { timeoutMs })).stdout).toBe('hello\n')
    }
  })

  it('refuses a host with another key before it says who we are, and tells what to pin', async () => {
    const server = await startSshServer()
    const other = await startSshServer()
    const error = await connectSsh(optionsFor(server, { hostKey: other.hostKey })).catch((reason) => reason)
    expect(error).toBeInstanceOf(RemoteError)
    expect(error).toMatchObject({
      failure: 'forbidden',
      message: expect.stringMatching(/shows another host key than the pinned one: SHA256:/),
      hint: expect.stringContaining(server.hostKey.split(' ').slice(0, 2).join(' ')),
    })
    expect(isTransient(error)).toBe(false)
    expect(server.logins).toBe(0)
  })

  it('accepts a fingerprint as the pin, and refuses another', async () => {
    const server = await startSshServer()
    const { createHash } = await import('node:crypto')
    const key = Buffer.from(server.hostKey.split(' ')[1] ?? '', 'base64')
    const hostKey = `SHA256:${createHash('sha256').update(key).digest('base64').replace('=', '')}`
    await connect(server, { hostKey })
    const refused = connectSsh(optionsFor(server, { hostKey: `SHA256:${'A'.repeat(43)}` }))
    await expect(refused).rejects.toMatchObject({ failure: 'forbidden' })
  })

  it('refuses a pin that is none', async () => {
    const server = await startSshServer()
    await expect(connectSsh(optionsFor(server, { hostKey: 'any' }))).rejects.toBeInstanceOf(ConfigError)
  })

  it('says when our key does not open the door', async () => {
    const server = await startSshServer()
    const other = await startSshServer()
    const identity = { privateKey: other.privateKey }
    await expect(connectSsh(optionsFor(server, { identity }))).rejects.toMatchObject({
      failure: 'unauthenticated',
      hint: expect.stringContaining('~footman/.ssh/authorized_keys'),
    })
  })

  it('says when the private key is none, without showing it', async () => {
    const server = await startSshServer()
    const identity = { privateKey: new Secret('not a key at all') }
    const error = await connectSsh(optionsFor(server, { identity })).catch((reason) => reason)
    expect(error).toBeInstanceOf(UserError)
    expect(error.hint).toContain('ssh-agent')
    expect(String(error)).not.toContain('not a key at all')
  })

  it('says when there is no ssh-agent', async () => {
    const server = await startSshServer()
    const identity = { agentSocket: join(await tempDir(), 'agent') }
    await expect(connectSsh(optionsFor(server, { identity }))).rejects.toMatchObject({
      name: 'UserError',
      hint: expect.stringContaining('ssh-add'),
    })
  })

  it('says when nobody listens', async () => {
    const server = await startSshServer()
    // Port 1 on loopback is nobody's.
    const error = await connectSsh(optionsFor(server, { port: 1 })).catch((reason) => reason)
    expect(error).toMatchObject({
      failure: 'unreachable',
      message: 'cannot reach 127.0.0.1:1 by SSH: connection refused',
    })
    expect(isTransient(error)).toBe(true)
  })

  it('gives up on a server that accepts and says nothing', async () => {
    const server = await startSshServer()
    const port = await listen(() => {})
    const error = await connectSsh(optionsFor(server, { port, timeoutMs: 100 })).catch((reason) => reason)
    expect(error).toMatchObject({ name: 'RemoteError', failure: 'timeout' })
  })

  it('gives up on a server that hangs up, as a full sshd does', async () => {
    const server = await startSshServer()
    const port = await listen((write) => write(''))
    await expect(connectSsh(optionsFor(server, { port }))).rejects.toMatchObject({ failure: 'unreachable' })
  })

  it('says when something else than SSH answers', async () => {
    const server = await startSshServer()
    const port = await listen((write) =>
      write('SSH-2.0-liar\r\nHTTP/1.1 400 Bad Request\r\n\r\n'.repeat(100)),
    )
    await expect(connectSsh(optionsFor(server, { port }))).rejects.toMatchObject({
      failure: 'broken',
      hint: expect.stringContaining('ssh -v'),
    })
  })

  it('stops on abort, with the reason', async () => {
    const server = await startSshServer()
    const port = await listen(() => {})
    const caller = new AbortController()
    const connecting = connectSsh(optionsFor(server, { port, signal: caller.signal }))
    setTimeout(() => caller.abort(new Error('enough')), 20)
    await expect(connecting).rejects.toThrow('enough')
  })
})

describe('run', () => {
  it('gives success and failure the same shape as a local command', async () => {
    const connection = await connect(await startSshServer())
    expect(await connection.run('echo out; echo err >&2; exit 7', { timeoutMs })).toEqual({
      exitCode: 7,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      truncated: false,
      timedOut: false,
      durationMs: expect.any(Number),
    })
    expect(await connection.run('kill -KILL $$', { timeoutMs })).toMatchObject({
      exitCode: null,
      signal: 'SIGKILL',
    })
  })

  it('hands over words as they are, through the shell on the other side', async () => {
    const connection = await connect(await startSshServer())
    const words = ['$HOME', 'a b', '*', '', `'"\\`, '; exit 1', 'ü\n']
    const { stdout } = await connection.run(['printf', '<%s>', ...words], { timeoutMs })
    expect(stdout).toBe(words.map((word) => `<${word}>`).join(''))
  })

  it('feeds input, and passes lines on as they come', async () => {
    const connection = await connect(await startSshServer())
    const lines: string[] = []
    const { stdout } = await connection.run('cat; echo done >&2', {
      timeoutMs,
      input: 'one\ntwo',
      onLine: (line, stream) => lines.push(`${stream}: ${line}`),
    })
    expect(stdout).toBe('one\ntwo')
    expect(lines.sort()).toEqual(['stderr: done', 'stdout: one', 'stdout: two'])
  })

  it('runs several commands at a time', async () => {
    const connection = await connect(await startSshServer())
    const numbers = [1, 2, 3, 4, 5]
    const results = await Promise.all(
      numbers.map((n) => connection.run(`sleep 0.0${n}; echo ${n}`, { timeoutMs })),
    )
    expect(results.map(({ stdout }) => Number(stdout))).toEqual(numbers)
  })

  it('keeps the end of too much output', async () => {
    const connection = await connect(await startSshServer())
    const { stdout, truncated } = await connection.run(['seq', '100000'], { timeoutMs, maxOutputBytes: 7 })
    expect({ stdout, truncated }).toEqual({ stdout: '100000\n', truncated: true })
  })

  it('ends a command that takes too long, and kills one that is deaf', async () => {
    const connection = await connect(await startSshServer())
    const listening = await connection.run('trap "echo bye; exit 3" TERM; while :; do sleep 0.01; done', {
      timeoutMs: 200,
    })
    expect(listening).toMatchObject({ timedOut: true, exitCode: 3, stdout: 'bye\n' })
    const deaf = await connection.run('trap "" TERM; while :; do sleep 0.01; done', {
      timeoutMs: 200,
      graceMs: 50,
    })
    expect(deaf).toMatchObject({ timedOut: true, exitCode: null, signal: 'SIGKILL' })
    expect((await connection.run(['echo', 'still here'], { timeoutMs })).stdout).toBe('still here\n')
  })

  it('ends the command on abort and rejects with the reason', async () => {
    const connection = await connect(await startSshServer())
    const path = join(await tempDir(), 'ended')
    const caller = new AbortController()
    const running = connection.run(`trap "touch ${path}; exit" TERM; echo go; while :; do sleep 0.01; done`, {
      timeoutMs,
      signal: caller.signal,
      onLine: () => caller.abort(new Error('enough')),
    })
    await expect(running).rejects.toThrow('enough')
    expect(await stat(path)).toBeDefined()
    await expect(connection.run(['true'], { timeoutMs, signal: caller.signal })).rejects.toThrow('enough')
  })

  it('says when the host runs no commands', async () => {
    const connection = await connect(await startSshServer({ runsNothing: true }))
    await expect(connection.run(['true'], { timeoutMs })).rejects.toMatchObject({ failure: 'rejected' })
  })

  it('says when the connection is cut, while a command runs and afterwards', async () => {
    const server = await startSshServer()
    const connection = await connect(server)
    const running = connection.run('echo go; sleep 20', { timeoutMs, onLine: () => server.drop() })
    const lost = { failure: 'unreachable', message: expect.stringContaining('was lost') }
    await expect(running).rejects.toMatchObject(lost)
    await expect(connection.run(['true'], { timeoutMs })).rejects.toMatchObject(lost)
  })

  it('notices a host that has gone silent', async () => {
    const server = await startSshServer()
    const connection = await connect(server, { keepaliveMs: 50 })
    const running = connection.run('echo go; sleep 20', { timeoutMs, onLine: () => server.freeze() })
    await expect(running).rejects.toMatchObject({
      failure: 'unreachable',
      message: expect.stringContaining('Keepalive timeout'),
    })
  })

  it('keeps its deadline with a host that has gone silent', async () => {
    const server = await startSshServer()
    const connection = await connect(server)
    server.freeze()
    await expect(connection.run(['true'], { timeoutMs: 100 })).rejects.toMatchObject({ failure: 'timeout' })
    server.drop()
  })
})

describe('putFile and readFile', () => {
  it('carry bytes there and back', async () => {
    const connection = await connect(await startSshServer())
    const path = join(await tempDir(), `it's a "file" $HOME`)
    const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 256))
    await connection.putFile(path, content, { timeoutMs })
    expect(content.equals(await readFile(path))).toBe(true)
    expect(content.equals((await connection.readFile(path, { timeoutMs })) ?? Buffer.alloc(0))).toBe(true)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await connection.putFile(path, '', { timeoutMs, mode: 0o755 })
    expect(await connection.readFile(path, { timeoutMs })).toEqual(Buffer.alloc(0))
    expect((await stat(path)).mode & 0o777).toBe(0o755)
  })

  it('tells an absent file from one that cannot be read', async () => {
    const connection = await connect(await startSshServer())
    const dir = await tempDir()
    expect(await connection.readFile(join(dir, 'absent'), { timeoutMs })).toBeUndefined()
    await expect(connection.readFile(dir, { timeoutMs })).rejects.toMatchObject({ failure: 'rejected' })
  })

  it('leave nothing behind when the place cannot be written', async () => {
    const connection = await connect(await startSshServer())
    const dir = await tempDir()
    await mkdir(join(dir, 'taken', 'full'), { recursive: true })
    const refused = { name: 'RemoteError', failure: 'rejected' }
    await expect(connection.putFile(join(dir, 'no', 'where'), 'x', { timeoutMs })).rejects.toMatchObject(
      refused,
    )
    expect(await readdir(dir)).toEqual(['taken'])
  })

  it('keep the old file when the connection is cut half-way', async () => {
    const server = await startSshServer()
    const connection = await connect(server)
    const dir = await tempDir()
    const path = join(dir, 'file')
    await writeFile(path, 'old')
    const writing = connection.putFile(path, Buffer.alloc(20_000_000, 'x'), { timeoutMs })
    const failed = expect(writing).rejects.toMatchObject({ failure: 'unreachable' })
    await vi.waitFor(async () => expect(await readdir(dir)).toHaveLength(2))
    server.drop()
    await failed
    await vi.waitFor(async () => expect(await readdir(dir)).toEqual(['file']))
    expect(await readFile(path, 'utf8')).toBe('old')
  })
})

describe('close', () => {
  it('ends the connection, also twice or when it is lost already', async () => {
    const server = await startSshServer()
    const connection = await connect(server)
    await connection.close()
    await connection.close()
    await expect(connection.run(['true'], { timeoutMs })).rejects.toMatchObject({ failure: 'unreachable' })
    const other = await connect(server)
    server.drop()
    await delay(20)
    await other.close()
  })
})
