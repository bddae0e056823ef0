const { createHash, randomBytes } = require('node:crypto')
const http = require('node:http')
const https = require('node:https')
const net = require('node:net')
const { lineCodec, webSocketCodec } = require('./codecs.cjs')
const { log } = require('./console.cjs')

/** @typedef {import('../frames.ts').ToAgent} ToAgent */
/** @typedef {import('../frames.ts').FromAgent} FromAgent */
/** @typedef {import('./options.cjs').Options} Options */

/**
 * A connection to the controller that has been welcomed.
 * @typedef {object} Channel
 * @property {(frame: FromAgent) => void} send
 * @property {(frame: ToAgent) => void} onFrame
 * @property {() => boolean} isFull the other side reads slower than we write
 * @property {Promise<void>} closed
 * @property {string} [cookie]
 */

/** The controller answered, and does not want us. */
class Refused extends Error {}

/** @type {string} Java's serialised form of hudson.remoting.Capability, as agent.jar sends it. */
const capability = 'rO0ABXNyABpodWRzb24ucmVtb3RpbmcuQ2FwYWJpbGl0eQAAAAAAAAABAgABSgAEbWFza3hwAAAAAAAAAf4='

/** @param {Options} options @param {string | undefined} cookie @returns {Promise<Channel>} */
async function openWebSocket(options, cookie) {
  const login = await get(options, `${options.url}login`)
  if (login.statusCode !== 200) throw new Error(`${options.url}login is not ready: ${login.statusCode}`)
  const { response, socket, head } = await upgrade(options, cookie)
  if (!response.headers['x-remoting-capability']) {
    log('Did not receive X-Remoting-Capability header', 'WARNING')
  }
  if (!socket) throw new Refused('Failed to connect: Handshake error.')
  log('WebSocket connection open')
  const channel = await openChannel(socket, webSocketCodec(socket), { head })
  return Object.assign(channel, { cookie: String(response.headers['connection-cookie']) })
}

/** @param {Options} options @returns {Promise<Channel>} */
async function openTcp(options) {
  log(`Locating server among [${options.url}]`)
  const { statusCode, headers } = await get(options, `${options.url}tcpSlaveAgentListener/`)
  const identity = headers['x-instance-identity']
  if (statusCode !== 200 || !identity) {
    throw new Error(`${options.url}tcpSlaveAgentListener/ is invalid: ${statusCode}`)
  }
  const fingerprint = fingerprintOf(String(identity))
  const [tunnelHost, tunnelPort] = (options.tunnel ?? ':').split(':')
  const host = tunnelHost || String(headers['x-jenkins-jnlp-host'] ?? new URL(options.url).hostname)
  const port = Number(tunnelPort || headers['x-jenkins-jnlp-port'])
  log(
    `Agent discovery successful\n  Agent address: ${host}\n  Agent port:    ${port}\n  Identity:      ${fingerprint}`,
  )
  log('Handshaking')
  log(`Connecting to ${host}:${port}`)
  const socket = net.connect(port, host)
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  log('Trying protocol: JNLP4-connect')
  socket.write(javaUtf('Protocol:JNLP4-connect'))
  const channel = await openChannel(socket, lineCodec(), {
    hail: { type: 'connect', node: options.name, secret: options.secret },
  })
  log(`Remote identity confirmed: ${fingerprint}`)
  return channel
}

/**
 * Resolves without a socket when the controller did not agree to the upgrade.
 * @param {Options} options
 * @param {string | undefined} cookie
 * @returns {Promise<{ response: http.IncomingMessage, socket?: net.Socket, head: Buffer }>}
 */
function upgrade(options, cookie) {
  const headers = {
    ...options.headers,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Node-Name': options.name,
    'Secret-Key': options.secret,
    'X-Remoting-Capability': capability,
    ...(cookie && { 'Connection-Cookie': cookie }),
  }
  return new Promise((resolve, reject) => {
    const request = ask(options, `${options.url}wsagents/`, headers)
    request.on('upgrade', (response, socket, head) =>
      resolve({ response, socket: /** @type {net.Socket} */ (socket), head }),
    )
    request.on('response', (response) => resolve({ response: response.resume(), head: Buffer.alloc(0) }))
    request.on('error', reject)
  })
}

/**
 * Resolves when the controller has welcomed us: it speaks first, or answers our hail.
 * @param {net.Socket} socket
 * @param {import('./codecs.cjs').Codec} codec
 * @param {{ head?: Buffer, hail?: FromAgent }} first
 * @returns {Promise<Channel>}
 */
function openChannel(socket, codec, { head, hail }) {
  return new Promise((resolve, reject) => {
    /** @type {Channel} */
    const channel = {
      send: (frame) => socket.writable && socket.write(codec.encode(JSON.stringify(frame))),
      isFull: () => socket.writableLength > 2 ** 20,
      closed: new Promise((closed) => socket.once('close', () => closed())),
      onFrame: (frame) => {
        if (frame.type === 'welcome') resolve(channel)
        if (frame.type === 'refused') reject(refusal(frame.reason))
      },
    }
    const receive = (/** @type {Buffer} */ chunk) => {
      for (const text of codec.decode(chunk)) channel.onFrame(JSON.parse(text))
    }
    socket.setTimeout(600_000, () => socket.destroy()) // a living controller pings more often than that
    socket.on('error', () => socket.destroy())
    socket.on('close', () => reject(new Error('The connection was closed before it was welcomed')))
    socket.on('data', receive)
    if (hail) channel.send(hail)
    if (head) receive(head)
  })
}

/** As remoting prints it, with the class that people search for. @param {string} reason */
function refusal(reason) {
  const cause = 'org.jenkinsci.remoting.protocol.impl.ConnectionRefusalException'
  return new Refused(`Protocol JNLP4-connect failed to establish channel\n${cause}: ${reason}`)
}

/** @param {Options} options @param {string} url @returns {Promise<http.IncomingMessage>} */
function get(options, url) {
  return new Promise((resolve, reject) => {
    const request = ask(options, url, {})
    request.on('response', (response) => resolve(response.resume()))
    request.on('error', (error) => reject(new Error(`Failed to connect to ${url}: ${error.message}`)))
  })
}

/** @param {Options} options @param {string} url @param {http.OutgoingHttpHeaders} headers */
function ask(options, url, headers) {
  const client = url.startsWith('https:') ? https : http
  const request = client.get(url, { ...options.tls, headers, timeout: 60_000 })
  return request.on('timeout', () => request.destroy(new Error('no answer')))
}

/** @param {string} identity the controller's public key, base64 */
function fingerprintOf(identity) {
  const digest = createHash('md5').update(Buffer.from(identity, 'base64')).digest('hex')
  return digest.replace(/..(?!$)/g, '$&:')
}

/** Text as Java's DataOutput.writeUTF sends it: two bytes of length first. @param {string} text */
function javaUtf(text) {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes])
}

module.exports = { openWebSocket, openTcp, Refused }
