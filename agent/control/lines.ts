import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'

/** A status with a thousand waiting builds has room; a stranger who sends garbage for ever does not. */
const longestLine = 4 * 2 ** 20

/** Calls back for each line that arrives; `onOverlong` when one does not end. */
export function readLines(socket: Socket, onLine: (line: string) => void, onOverlong: () => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  socket.on('data', (chunk) => {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    if (rest.length > longestLine) onOverlong()
  })
}

/** What a line means; undefined when it is no JSON. */
export function safeJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
