import type { Jenkins } from '../../jenkins/jenkins.ts'
import { createTcpTransport } from './inbound/tcp.ts'
import { webSocketTransport } from './inbound/websocket.ts'
import { type TransportName, transportNames } from './names.ts'
import { createSshTransport } from './ssh/ssh.ts'
import { createSwarmTransport } from './swarm/swarm.ts'
import type { Transport, TransportFinding } from './transport.ts'

const byName: Record<TransportName, Transport> = {
  websocket: webSocketTransport,
  tcp: createTcpTransport(),
  ssh: createSshTransport(),
  swarm: createSwarmTransport(),
}

/** Every transport, in the order in which `transport: auto` prefers them. */
export const transports: readonly Transport[] = transportNames.map((name) => byName[name])

/** The transport of this name; undefined for one that this version of footman does not have. */
export function transportNamed(name: string): Transport | undefined {
  return transports.find((transport) => transport.name === name)
}

/** Those that come into question. */
export function candidatesFor(wanted: string, all: readonly Transport[] = transports): readonly Transport[] {
  return all.filter(({ name, isAutomatic }) => isAutomatic || name === wanted)
}

/** Whatever label a transport puts on its nodes by itself. */
export const addedLabels: ReadonlySet<string> = new Set(transports.flatMap((one) => one.addedLabels))

export interface TriedTransport extends TransportFinding {
  transport: Transport
}

export type TransportChoice =
  | { transport: Transport; finding: string }
  /** `isTransient`: one of them could not be tried now, and may work in a minute. */
  | { transport: undefined; finding: string; cure: string; isTransient: boolean }

/** The wanted transport if it works; `auto` takes the first that does. */
export function pickTransport(wanted: string, tried: readonly TriedTransport[]): TransportChoice {
  const candidates = tried.filter(({ transport }) =>
    wanted === 'auto' ? transport.isAutomatic : transport.name === wanted,
  )
  const works = candidates.find(({ usable }) => usable)
  if (works) {
    return { transport: works.transport, finding: `agents connect over ${works.transport.title}` }
  }
  return {
    transport: undefined,
    finding: candidates.map(({ transport, finding }) => `${transport.title}: ${finding}`).join('; '),
    cure: cureFor(candidates, tried),
    isTransient: candidates.some(({ usable }) => usable === undefined),
  }
}

function cureFor(candidates: readonly TriedTransport[], tried: readonly TriedTransport[]): string {
  const other = tried.find(({ usable }) => usable)
  if (other) return `set transport: ${other.transport.name}, which works`
  return candidates.map(({ cure }) => cure).find((cure) => cure !== undefined) ?? 'try again in a minute'
}

/** What the controller says of one transport, which is not tried out. */
export async function lookUpTransport(
  wanted: TransportName,
  jenkins: Jenkins,
  signal?: AbortSignal,
): Promise<TransportChoice> {
  const transport = byName[wanted]
  return pickTransport(wanted, [{ transport, ...(await transport.usable(jenkins, signal)) }])
}
