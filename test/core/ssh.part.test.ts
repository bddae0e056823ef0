import { spawn } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { run, runOrThrow } from '../../core/process.ts'
import { connectSsh, type SshConnection, type SshOptions } from '../../core/ssh.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'
import { tempDir } from '../support/temp-dir.ts'

const timeoutMs = 20_000

async function connect({ options }: Sshd, over: Partial<SshOptions> = {}): Promise<SshConnection> {
  const connection = await connectSsh({ ...options, ...over })
  onTestFinished(() => connection.close())
  return connection
}

it('gets the pinned one of several host keys shown, by line and by fingerprint', async () => {
  const sshd = await startSshd()
  for (const hostKey of [sshd.options.hostKey, sshd.rsaHostKey]) await connect(sshd, { hostKey })
  const listing = await runOrThrow(['ssh-keygen', '-lf', join(sshd.dir, 'host-ed25519.pub')], { timeoutMs })
  await connect(sshd, { hostKey: listing.stdout.split(' ')[1] ?? '' })
})

it('refuses a host with another key', async () => {
  const [sshd, other] = [await startSshd(), await startSshd()]
  for (const hostKey of [other.options.hostKey, other.rsaHostKey, `SHA256:${'A'.repeat(43)}`]) {
    const refused = connectSsh({ ...sshd.options, hostKey })
    await expect(refused).rejects.toMatchObject({ name: 'RemoteError', failure: 'forbidden' })
  }
})

it('is not let in with a key that is not authorised, nor as somebody unknown', async () => {
  const [sshd, other] = [await startSshd(), await startSshd()]
  for (const wrong of [{ identity: other.options.identity }, { user: 'nobody-we-know' }]) {
    const refused = connectSsh({ ...sshd.options, ...wrong })
    await expect(refused).rejects.toMatchObject({ name: 'RemoteError', failure: 'unauthenticated' })
  }
})

it('is let in by an ssh-agent, and told when the agent has no fitting key', async () => {
  const sshd = await startSshd()
  const agentSocket = join(sshd.dir, 'agent')
  const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' })
  onTestFinished(() => void agent.kill())
  await vi.waitFor(() => stat(agentSocket), timeoutMs)
  await expect(connectSsh({ ...sshd.options, identity: { agentSocket } })).rejects.toMatchObject({
    failure: 'unauthenticated',
  })
  const env = { ...process.env, SSH_AUTH_SOCK: agentSocket }
  await runOrThrow(['ssh-add', join(sshd.dir, 'client')], { timeoutMs, env })
  const connection = await connect(sshd, { identity: { agentSocket } })
  expect((await connection.run(['true'], { timeoutMs })).exitCode).toBe(0)
})

it('runs words as they are and tells how they ended', async () => {
  const connection = await connect(await startSshd())
  const words = ['$HOME', 'a b', '*', '', `'"\\`, '; exit 1', 'ü\n']
  expect((await connection.run(['printf', '<%s>', ...words], { timeoutMs })).stdout).toBe(
    words.map((word) => `<${word}>`).join(''),
  )
  expect(await connection.run('echo out; echo err >&2; exit 7', { timeoutMs })).toMatchObject({
    exitCode: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  })
  expect(await connection.run('kill -KILL $$', { timeoutMs })).toMatchObject({
    exitCode: null,
    signal: 'SIGKILL',
  })
  expect(await connection.run(['footman-no-such'], { timeoutMs })).toMatchObject({ exitCode: 127 })
})

it('carries much in and out', async () => {
  const connection = await connect(await startSshd())
  const input = Buffer.alloc(20_000_000, 'abcdefghi\n')
  const { stdout } = await connection.run(['cat'], { timeoutMs, input, maxOutputBytes: 30_000_000 })
  expect(stdout.length).toBe(input.length)
  const path = join(await tempDir(), 'file')
  await connection.putFile(path, input, { timeoutMs, mode: 0o640 })
  expect((await readFile(path)).equals(input)).toBe(true)
  expect((await stat(path)).mode & 0o777).toBe(0o640)
  expect((await connection.readFile(path, { timeoutMs }))?.equals(input)).toBe(true)
})

it('leaves nothing running behind a command that took too long', async () => {
  const connection = await connect(await startSshd())
  const deaf = await connection.run(
    'trap "" TERM; sleep 300 & echo $!; echo $$; while :; do sleep 0.05; done',
    {
      timeoutMs: 500,
      graceMs: 100,
    },
  )
  expect(deaf).toMatchObject({ timedOut: true, signal: 'SIGKILL' })
  const pids = deaf.stdout.trim().split('\n')
  expect(pids).toHaveLength(2)
  await vi.waitFor(async () => {
    for (const pid of pids) {
      const { stdout } = await run(['ps', '-o', 'stat=', '-p', pid], { timeoutMs })
      expect(stdout).toMatch(/^(Z|$)/)
    }
  })
})

it('runs only so many commands at a time as sshd allows, and says so', async () => {
  const connection = await connect(await startSshd('MaxSessions 1'))
  const first = connection.run('sleep 1', { timeoutMs })
  await expect(connection.run(['true'], { timeoutMs })).rejects.toMatchObject({
    failure: 'rejected',
    hint: expect.stringContaining('MaxSessions'),
  })
  expect((await first).exitCode).toBe(0)
})

it.each([
  ['was killed', 'SIGKILL', 'was lost'],
  ['is frozen', 'SIGSTOP', 'Keepalive timeout'],
] as const)('notices that its sshd %s', async (_, signal, message) => {
  const connection = await connect(await startSshd(), { keepaliveMs: 200 })
  let served = 0
  onTestFinished(() => {
    if (signal === 'SIGSTOP') process.kill(served, 'SIGKILL')
  })
  const running = connection.run('echo $PPID; sleep 5', {
    timeoutMs,
    onLine: (line) => {
      served = Number(line)
      process.kill(served, signal)
    },
  })
  await expect(running).rejects.toMatchObject({
    name: 'RemoteError',
    failure: 'unreachable',
    message: expect.stringContaining(message),
  })
})
