import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ContainerEngine } from '../../../core/container-engine.ts'
import { connectDocker } from '../../../core/docker.ts'
import { runOrThrow } from '../../../core/process.ts'
import type { Secret } from '../../../core/secret.ts'
import { newSshKeyPair } from '../../../core/ssh-keys.ts'
import { useDocker } from '../../support/docker.ts'
import { type Sshd, startSshd } from '../../support/sshd.ts'
import { until } from '../../support/until.ts'

/** A real engine behind a real sshd, as `docker system dial-stdio` reaches it. */
const docker = useDocker()

interface Remote {
  sshd: Sshd
  host: string
  /** A home whose known_hosts knows the host. */
  home: string
  key: Secret
}

async function remote(...moreConfig: string[]): Promise<Remote> {
  const sshd = await startSshd(...moreConfig)
  const { port, user, identity, hostKey } = sshd.options
  const home = join(sshd.dir, 'home')
  await mkdir(join(home, '.ssh'), { recursive: true })
  await writeFile(join(home, '.ssh/known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`)
  if (!('privateKey' in identity)) throw new Error('a key file was expected')
  return { sshd, home, host: `ssh://${user}@127.0.0.1:${port}`, key: identity.privateKey }
}

async function connect({ host, home, key }: Remote, timeoutMs = 20_000): Promise<ContainerEngine> {
  const engine = await connectDocker({ host, ssh: { key }, env: { HOME: home }, timeoutMs })
  onTestFinished(() => engine.close?.())
  return engine
}

test('an engine behind SSH does all that one of this machine does', async () => {
  const engine = await connect(await remote())
  expect(await engine.info()).toMatchObject({ host: '127.0.0.1', dataRoot: undefined, os: 'linux' })
  const id = await engine.create(docker.spec('cat /tmp/given; echo ready; sleep 60'))
  await engine.putFiles(id, '/tmp', [
    { name: 'given', content: Buffer.from('put in through SSH\n'), mode: 0o644, uid: 0, gid: 0 },
  ])
  await engine.start(id)
  await until('the container has spoken', async () => (await engine.logs(id, 10)).includes('ready'))
  expect(await engine.logs(id, 10)).toContain('put in through SSH')
  expect((await engine.readFile(id, '/tmp/given'))?.toString()).toBe('put in through SSH\n')
  await engine.remove(id)
  expect(await engine.inspect(id)).toBeUndefined()
})

test('everything goes over one connection, many questions at a time', async () => {
  const { sshd, ...rest } = await remote()
  const engine = await connect({ sshd, ...rest })
  await Promise.all(Array.from({ length: 30 }, () => engine.list(docker.label)))
  expect(await connectionsOf(sshd)).toBe(1)
})

test('a connection that was lost is made anew with the next question', async () => {
  const there = await remote()
  const engine = await connect(there)
  await engine.list(docker.label)
  await runOrThrow(['pkill', '--parent', String(there.sshd.process.pid)], { timeoutMs: 10_000 })
  await until('it answers again', () => engine.list(docker.label).catch(() => undefined))
})

test('a host whose key has changed is refused, and told apart from one that is not known', async () => {
  const there = await remote()
  const { port } = there.sshd.options
  const file = join(there.home, '.ssh/known_hosts')
  await writeFile(file, `[127.0.0.1]:${port} ${newSshKeyPair().publicKey}\n`)
  await expect(connect(there)).rejects.toMatchObject({
    message: expect.stringContaining('shows another host key than the pinned one'),
    hint: expect.stringContaining('ask its owner for the fingerprint'),
  })
  await writeFile(file, '')
  await expect(connect(there)).rejects.toMatchObject({
    message: expect.stringContaining('is not in ~/.ssh/known_hosts'),
  })
  // Any of several known keys will do: hosts have more than one.
  await appendFile(file, `[127.0.0.1]:${port} ${there.sshd.rsaHostKey}\n`)
  expect(await (await connect(there)).list(docker.label)).toEqual([])
})

test('with the wrong key nobody is let in, and where no docker command is the reason is told', async () => {
  const there = await remote()
  await expect(connect({ ...there, key: newSshKeyPair().privateKey })).rejects.toMatchObject({
    hint: expect.stringContaining('authorized_keys'),
  })
  const bare = await remote('SetEnv PATH=/nowhere')
  await expect(connect(bare)).rejects.toMatchObject({
    message: expect.stringContaining('no container engine is reached on 127.0.0.1'),
    hint: expect.stringContaining('docker version'),
  })
})

test('a host that went silent is given up in time', async () => {
  const there = await remote()
  const engine = await connect(there, 3_000)
  process.kill(-(there.sshd.process.pid ?? 0), 'SIGSTOP')
  await runOrThrow(['pkill', '-STOP', '--parent', String(there.sshd.process.pid)], { timeoutMs: 10_000 })
  await expect(engine.list({ nobody: randomBytes(3).toString('hex') })).rejects.toMatchObject({
    failure: 'timeout',
  })
})

/** sshd has a process of its own for each connection. */
async function connectionsOf({ process: server }: Sshd): Promise<number> {
  const { stdout } = await runOrThrow(['pgrep', '--count', '--parent', String(server.pid)], {
    timeoutMs: 10_000,
  })
  return Number(stdout)
}
