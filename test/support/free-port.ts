import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'

/** A port of the loopback that nobody has, for somebody who cannot ask for any free one. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
