const { randomBytes } = require('node:crypto')

/**
 * Messages in a stream of bytes.
 * @typedef {{ encode: (text: string) => Buffer, decode: (chunk: Buffer) => string[] }} Codec
 */

/** One message a line. @returns {Codec} */
function lineCodec() {
  /** @type {Buffer} */
  let pending = Buffer.alloc(0)
  return {
    encode: (text) => Buffer.from(`${text}\n`),
    decode: (chunk) => {
      pending = Buffer.concat([pending, chunk])
      const end = pending.lastIndexOf('\n') + 1
      const lines = pending.toString('utf8', 0, end).split('\n').filter(Boolean)
      pending = pending.subarray(end)
      return lines
    },
  }
}

const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

/**
 * The client's side of RFC 6455: what it sends is masked, what it gets is not. Answers pings and closes by itself.
 * Node 20 has no WebSocket client of its own.
 * @param {import('node:net').Socket} socket
 * @returns {Codec}
 */
function webSocketCodec(socket) {
  /** @type {Buffer} */
  let pending = Buffer.alloc(0)
  /** @type {Buffer[]} */
  let message = []
  return {
    encode: (text) => encodeFrame(opcodes.text, Buffer.from(text)),
    decode: (chunk) => {
      const messages = []
      pending = Buffer.concat([pending, chunk])
      for (let frame = firstFrame(pending); frame; frame = firstFrame(pending)) {
        pending = pending.subarray(frame.length)
        if (frame.opcode === opcodes.close) socket.end(encodeFrame(opcodes.close, frame.payload))
        if (frame.opcode === opcodes.ping) socket.write(encodeFrame(opcodes.pong, frame.payload))
        if (frame.opcode > opcodes.binary) continue
        message.push(frame.payload)
        if (!frame.isFinal) continue
        messages.push(Buffer.concat(message).toString())
        message = []
      }
      return messages
    },
  }
}

/** @param {number} opcode @param {Buffer} payload */
function encodeFrame(opcode, payload) {
  const mask = randomBytes(4)
  const masked = payload.map((byte, at) => byte ^ mask.readUInt8(at & 3))
  return Buffer.concat([Buffer.of(0x80 | opcode), encodeLength(payload.length), mask, masked])
}

/** With the mask bit set. @param {number} length */
function encodeLength(length) {
  if (length < 126) return Buffer.of(0x80 | length)
  if (length < 2 ** 16) return Buffer.of(0x80 | 126, length >> 8, length & 0xff)
  const size = Buffer.of(0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 0)
  size.writeBigUInt64BE(BigInt(length), 1)
  return size
}

/** The first frame of the bytes received so far, once it is whole. @param {Buffer} bytes */
function firstFrame(bytes) {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1) & 0x7f
  const start = short === 127 ? 10 : short === 126 ? 4 : 2
  if (bytes.length < start) return undefined
  const size =
    short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short
  if (bytes.length < start + size) return undefined
  const head = bytes.readUInt8(0)
  return {
    opcode: head & 0x0f,
    isFinal: head >= 0x80,
    payload: bytes.subarray(start, start + size),
    length: start + size,
  }
}

module.exports = { lineCodec, webSocketCodec }
