import { StringDecoder } from 'node:string_decoder'
import { messageOf, RemoteError } from '../../../core/errors.ts'
import { quoteShell } from '../../../core/quote.ts'
import { Secret } from '../../../core/secret.ts'
import type { SshConnection } from '../../../core/ssh.ts'
import type { SshStream } from '../../../core/ssh-stream.ts'
import type { Credential } from '../credentials.ts'
import type { SshLauncherSettings } from './ssh-settings.ts'

export interface LaunchOptions {
  settings: SshLauncherSettings
  credential: Credential | undefined
  /** The agent's root on the other side. */
  remoteFs: string
  agentJar(): Promise<Buffer>
  /** A line for the node's log. */
  say(line: string): void
  signal: AbortSignal
}

/** An agent that was started over SSH, before it has said anything. */
export interface Launched {
  stream: SshStream
  /** Whole lines of its standard output. */
  onLine(listener: (line: string) => void): void
  end(): void
}

const copyMs = 60_000

/**
 * Logs in, copies the agent and starts it on the channel's standard input and output, as SSHLauncher does, in whose words the node's
 * log tells of it (jenkinsci/ssh-agents-plugin SSHLauncher.java, Messages.properties). Throws when it cannot; all has been said then.
 */
export async function launchOverSsh(options: LaunchOptions): Promise<Launched> {
  const { settings, say, signal } = options
  let connection: SshConnection | undefined
  try {
    connection = await logIn(options)
    say('[SSH] Authentication successful.')
    await connection.run(['mkdir', '-p', options.remoteFs], { timeoutMs: copyMs, signal })
    const jar = await options.agentJar()
    say('[SSH] Copying latest remoting.jar...')
    await connection.putFile(`${options.remoteFs}/remoting.jar`, jar, {
      timeoutMs: copyMs,
      mode: 0o644,
      signal,
    })
    say(`[SSH] Copied ${jar.length.toLocaleString('en-US')} bytes.`)
    const command = agentCommand(settings, options.remoteFs)
    say(`[SSH] Starting agent process: ${command}`)
    const stream = await connection.stream(['/bin/sh', '-c', command], { timeoutMs: copyMs, signal })
    return launched(stream, connection)
  } catch (error) {
    await connection?.close()
    say(`ERROR: ${messageOf(error)}`)
    say('[SSH] Connection closed.')
    throw error
  }
}

/** Only a refused connection is tried again, as often as the launcher says. */
async function logIn(options: LaunchOptions): Promise<SshConnection> {
  const { settings, credential, say, signal } = options
  const { host, port, hostKey, timeoutMs } = settings
  if (!credential) throw new RemoteError('not-found', 'The selected credentials cannot be found')
  if (hostKey === undefined) throw new RemoteError('rejected', 'only pinned host keys are played here')
  // Loaded on demand: most practice controllers never log in anywhere.
  const { connectSsh } = await import('../../../core/ssh.ts')
  say(`[SSH] Opening SSH connection to ${host}:${port}.`)
  try {
    return await connectSsh({
      host,
      port,
      user: credential.username,
      identity: { privateKey: new Secret(credential.secret) },
      hostKey,
      timeoutMs,
      signal,
    })
  } catch (error) {
    const failure = error instanceof RemoteError ? error.failure : undefined
    if (failure === 'forbidden') say(`[SSH] WARNING: ${keyNotTrusted}`)
    if (failure === 'unauthenticated') say('[SSH] Authentication failed.')
    throw error
  }
}

const keyNotTrusted =
  'The SSH key for this host does not match the key required in the connection configuration. Connections will be denied until the host key matches the configuration key.'

function agentCommand({ java, jvmOptions }: SshLauncherSettings, remoteFs: string): string {
  const folder = quoteShell([remoteFs])
  const words = [
    java,
    jvmOptions,
    '-jar remoting.jar',
    `-workDir ${folder}`,
    `-jar-cache ${folder}/remoting/jarCache`,
  ]
  return `cd ${folder} && ${words.filter((word) => word !== '').join(' ')}`
}

function launched(stream: SshStream, connection: SshConnection): Launched {
  const decoder = new StringDecoder()
  let pending = ''
  let listener: (line: string) => void = () => {}
  stream.channel.on('data', (chunk: Buffer) => {
    const lines = (pending + decoder.write(chunk)).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) listener(line)
  })
  void stream.ended.then(() => connection.close())
  return {
    stream,
    onLine: (take) => {
      listener = take
    },
    end: () => {
      stream.close()
      void connection.close()
    },
  }
}
