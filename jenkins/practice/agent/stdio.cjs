const { lineCodec } = require('./codecs.cjs')

/** @typedef {import('./channels.cjs').Channel} Channel */

/**
 * The controller has started us and speaks over our standard input and output, as remoting does under an SSH launcher. Whatever
 * the agent prints goes to standard error, which is not part of the conversation.
 * @returns {Promise<Channel>}
 */
function openStdio() {
  const codec = lineCodec()
  return new Promise((resolve, reject) => {
    /** @type {Channel} */
    const channel = {
      send: (frame) => process.stdout.write(codec.encode(JSON.stringify(frame))),
      isFull: () => process.stdout.writableLength > 2 ** 20,
      closed: new Promise((closed) => {
        process.stdin.once('close', () => closed())
        process.stdin.once('end', () => closed())
      }),
      onFrame: (frame) => {
        if (frame.type === 'welcome') resolve(channel)
      },
    }
    process.stdout.on('error', () => process.stdin.destroy())
    process.stdin.on('error', () => process.stdin.destroy())
    process.stdin.on('end', () => reject(new Error('The controller hung up before it said anything')))
    process.stdin.on('data', (chunk) => {
      for (const text of codec.decode(/** @type {Buffer} */ (chunk))) channel.onFrame(JSON.parse(text))
    })
  })
}

module.exports = { openStdio }
