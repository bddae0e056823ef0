import { connect } from 'node:net'
import { deadline } from '../../../core/clock.ts'
import { messageOf } from '../../../core/errors.ts'

/** What answers at an agent port. `silent`: it takes connections and says nothing. */
export type Banner =
  | { kind: 'jenkins' }
  | { kind: 'silent' }
  | { kind: 'other' }
  | { kind: 'unreachable'; reason: string }

export type BannerProbe = (host: string, port: number, signal?: AbortSignal) => Promise<Banner>

const deadlineMs = 5_000
const mostBytes = 4_096

/**
 * Really connects to a controller's TCP port for agents. Jenkins answers a plain HTTP request there with a few lines about itself
 * (jenkinsci/jenkins TcpSlaveAgentListener.java), which tells it from whatever else may listen.
 */
export const readBanner: BannerProbe = (host, port, signal) => {
  const limit = deadline(deadlineMs, signal)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    let text = ''
    let isConnected = false
    const settle = (banner: Banner) => {
      limit.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(banner)
    }
    const judge = () =>
      settle(isConnected ? judgeText(text) : unreachable(`no answer within ${deadlineMs / 1000} s`))
    const onAbort = () => {
      if (!signal?.aborted) return judge()
      socket.destroy()
      reject(signal.reason)
    }
    if (limit.aborted) return onAbort()
    limit.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => {
      isConnected = true
      socket.write('GET / HTTP/1.0\r\n\r\n')
    })
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (text.length > mostBytes || judgeText(text).kind === 'jenkins') judge()
    })
    socket.once('end', judge)
    socket.once('error', (error) => settle(isConnected ? judgeText(text) : unreachable(messageOf(error))))
  })
}

function judgeText(text: string): Banner {
  if (/^Jenkins-Agent-Protocols:/im.test(text)) return { kind: 'jenkins' }
  return text === '' ? { kind: 'silent' } : { kind: 'other' }
}

function unreachable(reason: string): Banner {
  return { kind: 'unreachable', reason }
}
