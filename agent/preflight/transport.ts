import type { AgentListener, WebSocketProbe } from '../../jenkins/jenkins.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { Transport } from '../transports/transport.ts'
import type { Banner } from './tcp-banner.ts'

/** Whether agents can connect one way. Undefined `usable`: it could not be tried. */
export interface WayFinding {
  usable: boolean | undefined
  finding: string
  cure?: string
}

/** What a probe with the secret of a fresh node means for all agents. */
export function judgeWebSocket(probe: WebSocketProbe): WayFinding {
  switch (probe) {
    case 'accepted':
      return { usable: true, finding: 'an agent of ours would be let in over WebSocket' }
    case 'not-supported':
      return {
        usable: false,
        finding: 'neither the controller nor a proxy before it lets WebSocket through',
        cure: 'let the proxy pass /wsagents/ with its Upgrade header, or set transport: tcp',
      }
    case 'unclear':
      return {
        usable: undefined,
        finding: 'the controller does not say clearly whether it takes agents over WebSocket',
        cure: 'try again in a minute, or set transport: tcp',
      }
    default:
      return {
        usable: false,
        finding: `an agent of ours would be refused over WebSocket (${probe})`,
        cure: 'look at the log of Jenkins for /wsagents/, or set transport: tcp',
      }
  }
}

/** What answers at the TCP port that the controller announces. */
export function judgeBanner({ host, port }: AgentListener, banner: Banner): WayFinding {
  const place = `${host}:${port}`
  const cure = `let ${place} through the firewall, or use WebSocket, which needs no further port`
  switch (banner.kind) {
    case 'jenkins':
      return { usable: true, finding: `Jenkins answers at ${place}` }
    case 'silent':
      return { usable: true, finding: `something takes connections at ${place}, without a word` }
    case 'other':
      return { usable: false, finding: `what answers at ${place} is not the agent port of Jenkins`, cure }
    case 'unreachable':
      return { usable: false, finding: `nothing can be reached at ${place}: ${banner.reason}`, cure }
  }
}

export interface TransportChoice {
  transport: Transport['name'] | undefined
  finding: string
  cure?: string
}

/** The configured way if it works; `auto` takes WebSocket before TCP, since it passes where the controller itself does. */
export function pickTransport(
  wanted: AgentConfig['transport'],
  ways: Record<Transport['name'], WayFinding>,
): TransportChoice {
  const order = wanted === 'auto' ? (['websocket', 'tcp'] as const) : ([wanted] as const)
  const works = order.find((name) => ways[name].usable)
  if (works) return { transport: works, finding: `agents connect over ${spoken[works]}` }
  const finding = order.map((name) => `${spoken[name]}: ${ways[name].finding}`).join('; ')
  const other = wanted !== 'auto' && (['websocket', 'tcp'] as const).find((name) => ways[name].usable)
  if (other) return { transport: undefined, finding, cure: `set transport: ${other}, which works` }
  const cures = order.map((name) => ways[name].cure).filter((cure) => cure !== undefined)
  return { transport: undefined, finding, cure: cures[0] ?? 'try again in a minute' }
}

const spoken = { websocket: 'WebSocket', tcp: 'TCP' }
