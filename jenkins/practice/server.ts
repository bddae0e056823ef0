import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { UserError } from '../../core/errors.ts'

export interface Listener {
  readonly server: Server
  readonly port: number
  /** Refuses new connections and cuts those that are open. */
  close(): Promise<void>
}

/** Listens for HTTP. Throws UserError when the port is taken. */
export async function listen(
  address: { host: string; port: number },
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listener> {
  const server = createServer(answer)
  server.listen(address.port, address.host)
  await once(server, 'listening').catch((error) => {
    throw new UserError(`Cannot listen on ${address.host}:${address.port}`, {
      cause: error,
      hint: 'choose another port, or 0 for any',
    })
  })
  const bound = server.address()
  return {
    server,
    port: typeof bound === 'object' && bound ? bound.port : address.port,
    close: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
