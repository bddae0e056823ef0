import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Hears from the builds themselves how often they ran; what a console shows could hide a script that ran twice. */
export interface Ledger {
  /** A shell command that enters a word into the ledger, for images that hold a `node`. */
  entry(word: string): string
  count(word: string): number
  close(): Promise<void>
}

export async function openLedger(): Promise<Ledger> {
  const counts = new Map<string, number>()
  const server = createServer((request, response) => {
    const word = request.url?.slice(1) ?? ''
    counts.set(word, (counts.get(word) ?? 0) + 1)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    entry: (word) => `node -e "fetch(process.argv[1])" http://127.0.0.1:${port}/${word}`,
    count: (word) => counts.get(word) ?? 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
