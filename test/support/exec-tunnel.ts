import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import type { ContainerHost } from '../../core/container-host.ts'
import { RemoteError } from '../../core/errors.ts'

/**
 * `openExec` of a container that is this machine: where jenkins/tunnel.ts asks bash for a connection to a port, it gets one, or what
 * an engine says when nobody listens there.
 */
export const execTunnel: ContainerHost['openExec'] = async (_container, command, signal) => {
  const port = Number(command.at(-1))
  const socket = connect(port, '127.0.0.1')
  const stream = new Duplex({
    allowHalfOpen: false,
    ...(signal && { signal }),
    read: () => void socket.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  socket.pause()
  socket.on('connect', () => stream.push('+'))
  socket.on('data', (chunk) => {
    if (!stream.push(chunk)) socket.pause()
  })
  socket.on('end', () => stream.push(null))
  socket.on('error', (error) => {
    const said = `bash: connect: ${/REFUSED/.test(error.message) ? 'Connection refused' : error.message}`
    stream.destroy(new RemoteError('unreachable', `cannot run bash in the container c: exit code 7: ${said}`))
  })
  return stream
}
