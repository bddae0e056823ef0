import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import { messageOf, RemoteError } from '../errors.ts'
import type { SshConnection, SshOptions } from '../ssh.ts'
import type { SshStream } from '../ssh-stream.ts'

export interface OverSshOptions {
  /** How to log in; throws when there is no way. */
  login: () => Omit<SshOptions, 'timeoutMs'>
  /** Deadline of the login, and of the start of each conversation, in ms. */
  timeoutMs: number
  connect?: (options: SshOptions) => Promise<SshConnection>
}

/** sshd allows ten at a time (MaxSessions); some are left for others. */
const mostChannels = 6

/**
 * Carries HTTP to a container engine on another machine, as the docker command line does it: over `docker system dial-stdio` on
 * channels of one SSH connection, which is made with the first request and made anew when it was lost (docker/cli
 * cli/connhelper).
 */
export class SshAgent extends Agent {
  readonly #options: OverSshOptions
  #connection: Promise<SshConnection> | undefined

  constructor(options: OverSshOptions) {
    super({ keepAlive: true, maxSockets: mostChannels, maxFreeSockets: 1 })
    this.#options = options
  }

  /** As http.Agent wants it: errors and sockets arrive at the callback. */
  override createConnection(
    _options: unknown,
    callback: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const fail = callback as (error: unknown) => void
    this.#open().then((stream) => callback(null, stream), fail)
  }

  async #open(): Promise<Duplex> {
    const { timeoutMs } = this.#options
    const connection = await this.#connected()
    return asSocket(await connection.stream(['docker', 'system', 'dial-stdio'], { timeoutMs }), this.#host())
  }

  #host(): string {
    return this.#options.login().host
  }

  #connected(): Promise<SshConnection> {
    this.#connection ??= this.#connect()
    return this.#connection
  }

  async #connect(): Promise<SshConnection> {
    const { login, timeoutMs } = this.#options
    const forget = () => {
      this.#connection = undefined
    }
    try {
      // Loaded on demand: engines elsewhere are rare.
      const { connect = (await import('../ssh.ts')).connectSsh } = this.#options
      const connection = await connect({ ...login(), timeoutMs })
      void connection.closed.then(forget)
      return connection
    } catch (error) {
      forget()
      throw error
    }
  }

  /** Ends the connection, which otherwise lives as long as this process. */
  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined)
    this.destroy()
    await connection?.close()
  }
}

/** The knobs of a socket that Node.js turns on its connections, which a channel does not have. */
function asSocket({ channel, complaint, ended }: SshStream, host: string): Duplex {
  const knobs = ['setKeepAlive', 'setNoDelay', 'setTimeout', 'ref', 'unref'] as const
  for (const knob of knobs) Object.defineProperty(channel, knob, { value: () => channel, configurable: true })
  let hasAnswered = false
  channel.once('data', () => {
    hasAnswered = true
  })
  channel.once('exit', (exitCode: number | null) => {
    if (hasAnswered || exitCode === 0) return
    channel.emit('error', noEngineThere(host, exitCode, complaint()))
  })
  void ended.then(() => channel.destroy())
  return channel
}

function noEngineThere(host: string, exitCode: number | null, said: string): RemoteError {
  const reason = said.split('\n').at(-1) || `exit code ${exitCode}`
  return new RemoteError('rejected', `no container engine is reached on ${host}: ${messageOf(reason)}`, {
    hint: `try it by hand: ssh ${host} docker version`,
  })
}
