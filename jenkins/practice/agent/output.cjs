const fs = require('node:fs')

/** Output of one task that is kept; what comes after it is dropped, so that no build can fill the disk through us. */
const limitBytes = 16 * 2 ** 20
const chunkBytes = 2 ** 16

/**
 * The next piece of a log that is still being written: whole characters only, as the rest may come from another agent process.
 * @param {string} file
 * @param {number} from in bytes
 */
function readOutput(file, from) {
  let descriptor
  try {
    descriptor = fs.openSync(file, 'r+')
  } catch {
    return { text: '', bytes: 0 } // not started yet
  }
  try {
    if (fs.fstatSync(descriptor).size > limitBytes) fs.ftruncateSync(descriptor, limitBytes)
    const chunk = Buffer.alloc(chunkBytes)
    const length = fs.readSync(descriptor, chunk, 0, chunkBytes, from)
    const bytes = wholeCharacters(chunk.subarray(0, length))
    return { text: chunk.toString('utf8', 0, bytes), bytes }
  } finally {
    fs.closeSync(descriptor)
  }
}

/** How many bytes come before a UTF-8 character that is cut off at the end. @param {Buffer} bytes */
function wholeCharacters(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes.readUInt8(bytes.length - back)
    if (byte < 0x80) break
    if (byte < 0xc0) continue
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return needed > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

module.exports = { readOutput }
