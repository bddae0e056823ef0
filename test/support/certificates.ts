import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The authority of the tests; a file, as a person would name it in the configuration. */
export const authorityFile = fileURLToPath(new URL('../fixtures/tls/authority.pem', import.meta.url))

/** Key and certificate of a test server; `server` is valid for 127.0.0.1, localhost and jenkins.test. */
export function certificate(name: 'server' | 'expired' | 'other-name'): { key: Buffer; cert: Buffer } {
  const read = (file: string) => readFileSync(new URL(`../fixtures/tls/${file}`, import.meta.url))
  return { key: read('server.key'), cert: read(`${name}.pem`) }
}
