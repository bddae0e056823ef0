import type { NetworkInterfaceInfo } from 'node:os'

/** A pause this much longer than intended means that the machine slept. */
const sleepGapMs = 30_000
/** Long enough for agents to notice a dead connection themselves and to try again. */
const doubtMs = 180_000

export interface Doubt {
  /** When the agents' own words on their connections are worth reading, ms; 0: not now. */
  untilMs: number
  addresses: string
  lastLookMs: number
}

/**
 * Whether connections may be dead without anybody having noticed: after the machine slept or changed its network, a
 * controller goes on believing in the old connection for 4 to 9 minutes (recorded from Jenkins 2.498) and refuses the new one.
 */
export function doubt(
  before: Doubt | undefined,
  now: { nowMs: number; intendedPauseMs: number; interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> },
): Doubt {
  const addresses = outerAddresses(now.interfaces)
  if (!before) return { untilMs: now.nowMs + doubtMs, addresses, lastLookMs: now.nowMs }
  const slept = now.nowMs - before.lastLookMs > now.intendedPauseMs + sleepGapMs
  const moved = addresses !== before.addresses
  const untilMs = slept || moved ? now.nowMs + doubtMs : before.untilMs
  return { untilMs, addresses, lastLookMs: now.nowMs }
}

/** Addresses of the machine without those of container bridges, which come and go with every container. */
function outerAddresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string {
  return Object.entries(interfaces)
    .filter(([name]) => !/^(lo|docker|br-|veth|podman|cni)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
    .sort()
    .join(' ')
}
