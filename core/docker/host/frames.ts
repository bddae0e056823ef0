const headerBytes = 8
const stderrMark = 2

/**
 * Takes apart the frames in which the engine sends stdout and stderr of a program over one connection (Docker Engine
 * API, "Stream format"), however they are cut into chunks. The returned function takes the next chunk; pieces are
 * handed on as they come, without waiting for the rest of their frame.
 */
export function splitFrames(
  take: (stream: 'stdout' | 'stderr', piece: Buffer) => void,
): (chunk: Buffer) => void {
  let header = Buffer.alloc(0)
  let stream: 'stdout' | 'stderr' = 'stdout'
  let left = 0
  return (chunk) => {
    let rest = chunk
    while (rest.length > 0) {
      if (left === 0) {
        const missing = headerBytes - header.length
        header = Buffer.concat([header, rest.subarray(0, missing)])
        rest = rest.subarray(missing)
        if (header.length < headerBytes) return
        stream = header[0] === stderrMark ? 'stderr' : 'stdout'
        left = header.readUInt32BE(4)
        header = Buffer.alloc(0)
        continue
      }
      const piece = rest.subarray(0, left)
      left -= piece.length
      rest = rest.subarray(piece.length)
      take(stream, piece)
    }
  }
}
