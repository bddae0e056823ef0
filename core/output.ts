import { StringDecoder } from 'node:string_decoder'

/** A line longer than this is passed on in pieces, so that a stream without newlines cannot fill the memory. */
const longestLine = 65_536

export interface Output {
  push(chunk: Buffer): void
  /** All that came so far, kept or not. */
  bytesSeen(): number
  /** Call once, at the end of the stream. */
  end(): { bytes: Buffer; truncated: boolean }
}

/**
 * Gathers the output of a command. Of more than `maxBytes` the end is kept: that is where errors stand.
 * Each line goes to `onLine` as it comes, without its line end.
 */
export function collectOutput(maxBytes: number, onLine?: (line: string) => void): Output {
  const lines = onLine && splitLines(onLine)
  let chunks: Buffer[] = []
  let length = 0
  let bytesSeen = 0
  let truncated = false
  const cutToSize = () => {
    if (length <= maxBytes) return
    chunks = [Buffer.concat(chunks).subarray(length - maxBytes)]
    length = maxBytes
    truncated = true
  }
  return {
    push: (chunk) => {
      lines?.push(chunk)
      chunks.push(chunk)
      length += chunk.length
      bytesSeen += chunk.length
      // Cutting copies everything; doing so only at twice the size keeps the cost linear.
      if (length > 2 * maxBytes) cutToSize()
    },
    bytesSeen: () => bytesSeen,
    end: () => {
      lines?.end()
      cutToSize()
      return { bytes: Buffer.concat(chunks), truncated }
    },
  }
}

function splitLines(onLine: (line: string) => void): { push(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const take = (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    while (rest.length > longestLine) {
      onLine(rest.slice(0, longestLine))
      rest = rest.slice(longestLine)
    }
  }
  return {
    push: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end())
      if (rest !== '') onLine(rest)
    },
  }
}
