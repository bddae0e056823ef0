const headerBytes = 8

/**
 * The text of a container's log. Without a terminal the engine sends frames: one byte that tells stdout from
 * stderr, three of padding, four of length, then the text (Docker Engine API, "Stream format"). A cut-off last
 * frame gives what is there.
 */
export function joinLogFrames(frames: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + headerBytes <= frames.length; ) {
    const start = at + headerBytes
    const end = start + frames.readUInt32BE(at + 4)
    parts.push(frames.subarray(start, end))
    at = end
  }
  return Buffer.concat(parts).toString('utf8')
}
