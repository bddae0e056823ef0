import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server on a free port of loopback that lives as long as the test which started it. Returns its port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return (server.address() as AddressInfo).port
}

/** Serves plain HTTP; returns the URL with trailing slash. */
export async function serveHttp(handle: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(handle))}/`
}

/** Serves HTTPS with the given key and certificate; returns the URL with trailing slash. */
export async function serveHttps(tls: ServerOptions, handle: RequestListener): Promise<string> {
  return `https://127.0.0.1:${await listen(createTlsServer(tls, handle))}/`
}
