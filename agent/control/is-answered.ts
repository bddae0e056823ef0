import { connect } from 'node:net'

/** Whether a living process listens at a unix socket. One that does not take the connection within a second counts as living. */
export function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    const tell = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.setTimeout(1_000, () => tell(true))
    socket.once('connect', () => tell(true))
    socket.once('error', () => tell(false))
  })
}
