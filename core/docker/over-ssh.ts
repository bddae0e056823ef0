import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import type { EngineEndpoint } from '../docker-host.ts'
import type { SshConnection, SshOptions } from '../ssh.ts'
import type { SshStream } from '../ssh-stream.ts'
import { type SshSurroundings, sshLogin } from '../ssh-surroundings.ts'
import { ChannelSocket } from './channel-socket.ts'

export interface OverSshOptions {
  /** How to log in; throws when there is no way. */
  login: () => Omit<SshOptions, 'timeoutMs'>
  /** Deadline of the login, and of the start of each conversation, in ms. */
  timeoutMs: number
  connect?: (options: SshOptions) => Promise<SshConnection>
}

/** sshd allows ten sessions on a connection (MaxSessions), and one that has ended counts for a moment. */
const mostChannels = 4

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

  override createConnection(options: { host?: string | null }): Duplex {
    return new ChannelSocket(() => this.#open(), options.host ?? '')
  }

  async #open(): Promise<SshStream> {
    const { timeoutMs } = this.#options
    const connection = await this.#connected()
    return await connection.stream(['docker', 'system', 'dial-stdio'], { timeoutMs })
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

/** What HTTP to this endpoint has to go through; undefined where that is no SSH. */
export function sshAgentFor(
  { connection }: EngineEndpoint,
  { ssh, timeoutMs }: { ssh?: SshSurroundings; timeoutMs: number },
): SshAgent | undefined {
  if (!('ssh' in connection)) return undefined
  return new SshAgent({ login: () => sshLogin(connection.ssh, ssh), timeoutMs })
}
