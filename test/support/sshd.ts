import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { runOrThrow } from '../../core/process.ts'
import { Secret } from '../../core/secret.ts'
import type { SshOptions } from '../../core/ssh.ts'
import { tempDir } from './temp-dir.ts'

const timeoutMs = 20_000
const sshd = '/usr/sbin/sshd'

/** Debian's own sshd, as this user, on a free port of loopback, with keys and configuration in a folder of its own. */
export interface Sshd {
  dir: string
  process: ChildProcess
  options: SshOptions
  /** Its second host key; the first is in `options`. */
  rsaHostKey: string
}

export async function startSshd(...moreConfig: string[]): Promise<Sshd> {
  if (!existsSync(sshd)) throw new Error(`${sshd} is missing: apt-get install openssh-server`)
  const dir = await tempDir()
  for (const [name, type] of [
    ['host-ed25519', 'ed25519'],
    ['host-rsa', 'rsa'],
    ['client', 'ed25519'],
  ] as const) {
    await runOrThrow(['ssh-keygen', '-q', '-t', type, '-N', '', '-C', '', '-f', join(dir, name)], {
      timeoutMs,
    })
  }
  const publicKey = async (name: string) => (await readFile(join(dir, `${name}.pub`), 'utf8')).trim()
  await writeFile(join(dir, 'authorized_keys'), await publicKey('client'), { mode: 0o600 })
  const port = await freePort()
  await writeFile(
    join(dir, 'sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(dir, 'host-rsa')}`,
      `HostKey ${join(dir, 'host-ed25519')}`,
      `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      ...moreConfig,
      '',
    ].join('\n'),
  )
  // Where root's sshd locks itself in; made at boot by the system's own service, which may never have run here.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true })
  const server = await start(join(dir, 'sshd_config'))
  return {
    dir,
    process: server,
    rsaHostKey: await publicKey('host-rsa'),
    options: {
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      identity: { privateKey: new Secret(await readFile(join(dir, 'client'), 'utf8')) },
      hostKey: await publicKey('host-ed25519'),
      timeoutMs,
    },
  }
}

async function start(config: string): Promise<ChildProcess> {
  const server = spawn(sshd, ['-D', '-e', '-f', config], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  server.stderr?.on('data', (chunk) => {
    log += chunk
  })
  onTestFinished(() => {
    try {
      process.kill(-(server.pid ?? 0), 'SIGKILL')
    } catch {
      // A test has killed it.
    }
  })
  await vi.waitFor(() => {
    if (!log.includes('Server listening on')) throw new Error(`sshd does not start: ${log}`)
  }, timeoutMs)
  return server
}

/** A port that nobody uses now; it is not reserved. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
