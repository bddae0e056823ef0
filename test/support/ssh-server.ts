import { spawn } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import { type Connection, Server, type ServerChannel, type Session, utils } from 'ssh2'
import { onTestFinished } from 'vitest'
import { Secret } from '../../core/secret.ts'

/** An SSH server in this process that runs what it is asked to with /bin/sh, and misbehaves on request. */
export interface TestSshServer {
  port: number
  /** What a careful client pins. */
  hostKey: string
  /** Lets the holder in; nobody else. */
  privateKey: Secret
  /** How often somebody was let in. */
  logins: number
  /** Stops reading and answering, as a host does that lost its power. */
  freeze(): void
  /** Cuts all connections without a word. */
  drop(): void
}

export interface SshServerOptions {
  hostKeyType?: 'ed25519' | 'rsa'
  /** Refuses every command. */
  runsNothing?: boolean
}

export async function startSshServer(options: SshServerOptions = {}): Promise<TestSshServer> {
  const { hostKeyType = 'ed25519', runsNothing = false } = options
  const host = newKey(hostKeyType)
  const client = newKey('ed25519')
  const sockets = new Set<Socket>()
  const ssh = new Server({ hostKeys: [host.private] }, (connection) => {
    connection.on('error', () => {})
    authenticate(connection, client.public)
    connection.on('ready', () => {
      server.logins++
      connection.on('session', (accept) => serve(accept(), runsNothing))
    })
  })
  // With sockets of our own we can do to them what a network does.
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    ssh.injectSocket(socket)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  const drop = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    drop()
    listener.close()
  })
  const server: TestSshServer = {
    port: typeof address === 'object' && address ? address.port : 0,
    hostKey: host.public,
    privateKey: new Secret(client.private),
    logins: 0,
    freeze: () => {
      for (const socket of sockets) socket.pause()
    },
    drop,
  }
  return server
}

/** One in some hundred keys that ssh2 1.17 makes it cannot read itself. */
function newKey(type: 'ed25519' | 'rsa'): { public: string; private: string } {
  for (;;) {
    const pair = utils.generateKeyPairSync(type, { bits: 2048 })
    if (!(utils.parseKey(pair.private) instanceof Error)) return pair
  }
}

function authenticate(connection: Connection, allowed: string): void {
  const allowedKey = utils.parseKey(allowed)
  if (allowedKey instanceof Error) throw allowedKey
  connection.on('authentication', (attempt) => {
    if (attempt.method !== 'publickey' || !attempt.key.data.equals(allowedKey.getPublicSSH())) {
      attempt.reject(['publickey'])
    } else if (!attempt.signature || !attempt.blob) {
      attempt.accept()
    } else if (allowedKey.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true) {
      attempt.accept()
    } else {
      attempt.reject()
    }
  })
}

function serve(session: Session, runsNothing: boolean): void {
  session.on('exec', (accept, reject, { command }) => {
    if (runsNothing) reject()
    else execute(accept(), command)
  })
}

/** As sshd does it: a process group per command, and no signals for root. */
function execute(channel: ServerChannel, command: string): void {
  const child = spawn('/bin/sh', ['-c', command], { detached: true })
  onTestFinished(() => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    } catch {
      // It has ended already.
    }
  })
  child.stdin.on('error', () => {})
  channel.pipe(child.stdin)
  child.stdout.pipe(channel, { end: false })
  child.stderr.pipe(channel.stderr, { end: false })
  child.once('close', (code, signal) => {
    if (signal) channel.exit(signal.slice(3), false, '')
    else channel.exit(code ?? 0)
    channel.end()
  })
}
