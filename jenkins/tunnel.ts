import { Agent, type ClientRequestArgs } from 'node:http'
import { Duplex } from 'node:stream'
import type { ContainerHost } from '../core/container-host.ts'
import { messageOf, RemoteError } from '../core/errors.ts'

export interface TunnelOptions {
  /** Port that the controller listens on inside its container. */
  port: number
  /** Until the connection stands, in ms. Default 10,000. */
  connectMs?: number
  /**
   * Use a connection for the next request as well. Each is a program in the container that takes the engine some tenths of a
   * second to start, and stays until `destroy()` of the agent. Default false.
   */
  keepAlive?: boolean
}

/**
 * Connects to a controller from inside its own container, through the engine: so neither published ports nor proxies nor networks
 * matter, and a controller without any network can be asked as well. The container needs bash and cat, as the official image has.
 * For `connectJenkins`. What the engine refuses is a FootmanError; a port where nobody listens is ECONNREFUSED, as ever.
 */
export function tunnelAgent(
  host: Pick<ContainerHost, 'openExec'>,
  container: string,
  options: TunnelOptions,
): Agent {
  return new TunnelAgent(host, container, options)
}

/** Told before the first byte of the controller, so that a refused connection can be told from one that ended. */
const standing = '+'

/**
 * Both directions, until one of them ends; bash cannot close half a socket. `<&0`, because what runs in the background
 * would read from /dev/null.
 */
const script = [
  'exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 7',
  `printf ${standing}`,
  'cat <&3 & cat <&0 >&3 &',
  `trap 'kill $(jobs -p) 2>/dev/null' EXIT`,
  'wait -n',
].join('\n')

class TunnelAgent extends Agent {
  readonly #open: () => Promise<Duplex>
  /** How often everything was ended. */
  #endings = 0

  constructor(host: Pick<ContainerHost, 'openExec'>, container: string, options: TunnelOptions) {
    super({ keepAlive: options.keepAlive ?? false })
    this.#open = () => open(host, container, options)
  }

  override createConnection(
    _: ClientRequestArgs,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const endings = this.#endings
    // With an error nobody looks at the stream, which the type wants all the same.
    const fail = (error: Error) => done?.(error, new Duplex())
    this.#open().then((stream) => {
      if (endings === this.#endings) return done?.(null, stream)
      stream.destroy()
      fail(new Error('nobody waits for this connection any more'))
    }, fail)
  }

  /** Also ends what is only on its way, which would otherwise be kept for a request that nobody makes. */
  override destroy(): void {
    this.#endings += 1
    super.destroy()
  }
}

async function open(
  host: Pick<ContainerHost, 'openExec'>,
  container: string,
  { port, connectMs = 10_000 }: TunnelOptions,
): Promise<Duplex> {
  // Not deadline(): that would go off also after the connection stands, and cut it.
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), connectMs)
  let stream: Duplex | undefined
  try {
    stream = await host.openExec(container, ['bash', '-c', script, 'tunnel', String(port)], abort.signal)
    await untilStanding(stream)
    return asSocket(stream)
  } catch (error) {
    stream?.destroy()
    throw abort.signal.aborted ? late(container) : translated(error, port)
  } finally {
    clearTimeout(timer)
  }
}

function untilStanding(stream: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      stream.off('readable', onReadable).off('error', onError).off('close', onClose).off('end', onClose)
      act()
    }
    const onReadable = () => {
      const first: Buffer | null = stream.read(standing.length)
      if (first) settle(resolve)
    }
    const onError = (error: Error) => settle(() => reject(error))
    const onClose = () => onError(new Error('the tunnel ended at once'))
    stream.on('readable', onReadable).on('error', onError).on('close', onClose).on('end', onClose)
  })
}

/** What HTTP clients call of a socket, and means nothing here. */
function asSocket(stream: Duplex): Duplex {
  const same = () => stream
  return Object.assign(stream, {
    ...{ setKeepAlive: same, setNoDelay: same, setTimeout: same, ref: same, unref: same },
  })
}

function translated(error: unknown, port: number): unknown {
  if (!/Connection refused/i.test(messageOf(error))) return error
  // Without its cause: what matters is that nobody listens, as seen from the container.
  const refused = new Error(`connect ECONNREFUSED 127.0.0.1:${port}`)
  return Object.assign(refused, { code: 'ECONNREFUSED' })
}

function late(container: string): RemoteError {
  return new RemoteError(
    'timeout',
    `no way into the container ${container}: the engine does not answer in time`,
    {
      hint: 'docker ps shows whether it is paused, docker stats whether it has any memory left',
    },
  )
}
